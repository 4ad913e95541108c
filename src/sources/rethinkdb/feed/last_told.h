// Which change of a document was returned last, of documents that were read lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
    std::uint64_t number = 0;
    std::uint64_t version = 0;
  };
  void note(const std::string& exact_key, Last last);
  /// The document is gone, with its journal.
  void forget(const std::string& exact_key);
  void clear();

  /// What was returned last of the document, if `next` cannot follow it.
  [[nodiscard]] std::optional<Last> contradicted_by(const std::string& exact_key, Last next) const;

 private:
  using Documents = std::unordered_map<std::string, Last>;

  std::size_t most_;
  Documents newer_;
  Documents older_;  // of the time before
};

}  // namespace headwater::rethinkdb
