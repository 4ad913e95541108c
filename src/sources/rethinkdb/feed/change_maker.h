// Makes changes of documents.
#pragma once

#include <string>
#include <string_view>

#include "src/event/change.h"
#include "src/sources/rethinkdb/journal/document.h"
#include "src/sources/rethinkdb/journal/queries.h"

namespace headwater::rethinkdb {

/// "NUMBER-KEY", the key as exact_key() has it: unique in the table forever.
[[nodiscard]] std::string change_id(std::string_view exact_key, std::uint64_t number);

/// A change in a document's journal. Without its position.
[[nodiscard]] Change change_of(const TableNames& table, const std::string& key,
                               std::string_view exact_key, Pending pending);
/// The removal of a document that a scan has found missing at this time of the server.
[[nodiscard]] Change removed_change(const TableNames& table, const Taken& removed,
                                    std::string_view exact_key, std::uint64_t now_ms);
/// A row of a snapshot, Op::read. Without its position.
[[nodiscard]] Change row_of(const TableNames& table, const JournaledDocument& document,
                            std::string_view exact_key, std::string_view snapshot);

}  // namespace headwater::rethinkdb
