// What is in the stream, or on its way there, and still in the documents' journals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/journal/document.h"
#include "src/sources/rethinkdb/journal/queries.h"

namespace headwater::rethinkdb {

/// Has one entry for each document: its last change that was returned. One thread.
class Published {
 public:
  /// What a position says. Its documents are not known until find() has seen them.
  void begin(const std::vector<Word>& words, std::uint64_t until);
  /// Learns which documents the words mean.
  void find(const JournaledDocument& document);
  /// The same for a document that was deleted without a mark.
  void find(const Taken& removed);
  [[nodiscard]] std::size_t not_found() const { return sought_places_.size(); }
  /// The journal has forgotten the rest.
  void drop_not_found();

  /// The number of the document's last change returned; 0: none, or the journal has forgotten it.
  [[nodiscard]] std::uint64_t number_of(std::string_view exact_key) const;
  /// The document's changes up to this number are returned.
  void add(const std::string& exact_key, Taken taken);

  /// The changes that these words mean, if they have not been asked for before.
  [[nodiscard]] std::vector<Taken> released(const std::vector<Word>& words);
  /// The journal has forgotten these durably, and no answer of an earlier read is still to come.
  void forget(const std::vector<Taken>& taken);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Words that released() still knows.
  [[nodiscard]] std::size_t meanings() const { return meanings_.size(); }
  /// No document has a later first pending number: it is that of its last change returned, or one
  /// before that, however many of those the journal has forgotten.
  [[nodiscard]] std::uint64_t until() const { return entries_.empty() ? 0 : until_; }
  [[nodiscard]] std::vector<Word> words() const;

 private:
  struct Entry {
    Word word;
    std::string exact_key{};  ///< Empty: not found yet.
    std::uint64_t number = 0;
    std::vector<Word> to_release{};  ///< In the order of their numbers; `word` is the last.
  };
  using Place = std::list<Entry>::iterator;

  std::list<Entry> entries_;  // in the order in which they were returned
  std::unordered_map<std::string, Place> by_key_;
  std::unordered_map<Word, Place> sought_places_;
  /// Of the words that positions have; an entry's earlier ones, too, until they or a later one are
  /// released.
  std::unordered_map<Word, Taken> meanings_;
  std::uint64_t until_ = 0;
};

}  // namespace headwater::rethinkdb
