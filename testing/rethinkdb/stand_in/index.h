// A secondary index of a table.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/node.h"

namespace headwater::rethinkdb::stand_in {

class Store;

class Index {
 public:
  /// What it holds, and the primary key of the document that it is from.
  using Entry = std::pair<Datum, Datum>;

  /// `function`: a term::func with one variable.
  Index(NodePtr function, bool multi) : function_(std::move(function)), multi_(multi) {}

  /// Under what the document is found: nothing if the function fails, or gives no key.
  [[nodiscard]] std::vector<Datum> keys_of(Store& store, const Datum& document) const;
  void add(Store& store, const Datum& key, const Datum& document);
  void remove(Store& store, const Datum& key, const Datum& document);

  /// A new one is not ready until somebody has waited for it, or looked once; a server needs a
  /// moment, too.
  [[nodiscard]] bool ready() const { return ready_; }
  void make_ready() { ready_ = true; }

  [[nodiscard]] const std::set<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Node& function() const { return *function_; }
  [[nodiscard]] bool multi() const { return multi_; }
  /// As index_status() shows it, and index_create() takes it.
  [[nodiscard]] std::string stored() const;

 private:
  NodePtr function_;
  bool multi_;
  std::set<Entry> entries_;
  bool ready_ = false;
};

/// Whether a value can be a key, or part of one.
[[nodiscard]] bool can_be_key(const Datum& datum);

}  // namespace headwater::rethinkdb::stand_in
