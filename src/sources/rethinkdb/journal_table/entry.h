// One document of a service's journal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/change.h"

namespace headwater::rethinkdb {

/// {"id":NUMBER,"op":"insert"|"update"|"delete","table":TABLE,"key":KEY,"doc":DOCUMENT,"at":TIME}. `doc`
/// is the document after the change, or before it for a delete, where it may be left out; `at` may be
/// left out. Other members are not looked at.
struct JournalEntry {
  std::uint64_t number = 0;
  Op op = Op::insert;
  std::string table{};
  std::string key{};       ///< JSON.
  std::string document{};  ///< JSON; empty: none.
  WallTime at{};
  /// 16 letters of base64, made from the whole entry: tells a restored journal from another.
  std::string stamp{};
};

/// Only its number and stamp, whatever else is wrong with it.
Result<JournalEntry> numbered_entry(std::string_view json);

/// `json`: as the server wrote it. Fails with stop, `source.bad_journal`.
Result<JournalEntry> journal_entry(std::string_view json);

/// Without its position. `database`: that of the journal.
[[nodiscard]] Change change_of(const std::string& database, JournalEntry entry);

}  // namespace headwater::rethinkdb
