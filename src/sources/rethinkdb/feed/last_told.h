// Which change of a document was told last, of documents that were read lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace headwater::rethinkdb {

/// Each change of a document has the next version and a larger number. Where it has not, the database
/// is no longer what the stream tells of. Bounded, so it shows that and does not prove the contrary.
/// One thread.
class LastTold {
 public:
  /// `most`: documents that are remembered at least, and twice that at the most.
  explicit LastTold(std::size_t most = 10'000) : most_(most) {}

  struct Last {
    std::uint64_t number = 0;  ///< 0: the document is gone, with its journal.
    std::uint64_t version = 0;
  };
  /// It is returned, and on its way to the stream.
  void returned(const std::string& exact_key, Last last) { latest_[exact_key] = last; }
  /// The stream has it, and all changes of the document before it.
  void in_stream(const std::string& exact_key, Last last);
  /// The source is opened again: what is not in the stream may be returned again.
  void drop_returned() { latest_.clear(); }
  void clear();

  enum class Fit {
    good,         ///< Or nothing is known of the document.
    told,         ///< It was told before.
    contradicts,  ///< Cannot be, after what was told.
  };
  /// `newest`: the number of the document's last change.
  [[nodiscard]] Fit fit(const std::string& exact_key, Last next, std::uint64_t newest) const;
  /// What was told last of the document; number 0: nothing is known.
  [[nodiscard]] Last last(const std::string& exact_key) const;

 private:
  using Documents = std::unordered_map<std::string, Last>;
  [[nodiscard]] Last known(const std::string& exact_key) const;

  std::size_t most_;
  Documents newer_;
  Documents older_;   // of the time before
  Documents latest_;  // returned, perhaps not in the stream
};

}  // namespace headwater::rethinkdb
