// A document of a followed table, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"

namespace headwater::rethinkdb {

/// A change that the journal of a document still has.
struct Pending {
  std::uint64_t number = 0;   ///< Rises with each change of the document; about its time in ms.
  std::uint64_t version = 0;  ///< 1, 2, 3, … from the first change since the hook, or the insert.
  Op op = Op::insert;         ///< Insert, update or remove.
  /// The document after it, or before it if it is a removal, as JSON without the journal.
  std::string content{};
};

struct JournaledDocument {
  std::string key{};          ///< JSON.
  std::string content{};      ///< JSON, without the journal.
  std::uint64_t number = 0;   ///< Of the last change; 0: none since the hook was installed.
  std::uint64_t version = 0;  ///< The same.
  bool gone = false;          ///< Marked as deleted.
  std::vector<Pending> pending{};

  /// By which the index orders it; 0 without pending changes.
  [[nodiscard]] std::uint64_t first_pending() const {
    return pending.empty() ? 0 : pending.front().number;
  }
};

/// `json`: as the server wrote it. Fails with stop, `source.bad_journal`, for a journal that the hook
/// does not write.
Result<JournaledDocument> take_apart(std::string_view json, std::string_view primary_key);

/// The key as Document::exact_key has it: 'text, a number, true, @time, :binary, or &array.
[[nodiscard]] std::string exact_key(std::string_view key);

}  // namespace headwater::rethinkdb
