// Makes changes of documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/event/change.h"
#include "src/sources/rethinkdb/journal/document.h"
#include "src/sources/rethinkdb/journal/queries.h"

namespace headwater::rethinkdb {

/// "NUMBER-KEY", the key as exact_key() has it: unique in the table forever.
[[nodiscard]] std::string change_id(std::string_view exact_key, std::uint64_t number);

/// What the id of an event says of the document and the change.
struct EventId {
  enum class Kind {
    change,
    row,        ///< Of the snapshot at the beginning, or after a loss.
    row_again,  ///< Of a snapshot on request, which leaves no change out.
  };
  Kind kind = Kind::change;
  std::string_view exact_key{};
  std::uint64_t number = 0;  ///< Only of a change.
};
/// Reads what the functions below write; nullopt: none of them did.
[[nodiscard]] std::optional<EventId> read_id(std::string_view id);

/// How snapshots are named, so that read_id() can tell them apart.
[[nodiscard]] std::string first_snapshot_id(std::string_view journal, std::uint64_t released);

/// A change in a document's journal. Without its position.
[[nodiscard]] Change change_of(const TableNames& table, const std::string& key,
                               std::string_view exact_key, Pending pending);
/// The removal of a document that a scan has found missing at this time of the server.
[[nodiscard]] Change removed_change(const TableNames& table, const Taken& removed,
                                    std::string_view exact_key, std::uint64_t now_ms);
/// A row of a snapshot, Op::read. Without its position. Its detail is {"number":N,"version":V}: the last
/// change that it has. If the document has not been changed since the hook was installed, it has none,
/// and no time.
[[nodiscard]] Change row_of(const TableNames& table, const JournaledDocument& document,
                            std::string_view exact_key, std::string_view snapshot);

}  // namespace headwater::rethinkdb
