// The keys of a table whose documents may be deleted without a mark: a table of their own, in which the
// relay notes every key before it publishes anything about it. What is noted and no longer there was
// deleted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/rethinkdb/term.h"
#include "src/sources/rethinkdb/journal/queries.h"

namespace headwater::rethinkdb {

/// "headwater_ID": a followed table may be renamed.
[[nodiscard]] std::string known_keys_name(const std::string& table_id);

/// Notes keys and numbers durably; a smaller number does not replace a larger one.
[[nodiscard]] Term note_keys(const TableNames& table, const std::vector<Taken>& keys);

/// The same for documents, which a query returns. Those without a journal get the time as a number, so
/// that the ids of their deletions are unique, also if they are noted again.
[[nodiscard]] Term note_page(const TableNames& table, const Term& documents);

/// Some noted keys after one (JSON), in order: [the last of them, those without a document]. The last
/// is null at the end. What it says of documents may be undone by a failover.
[[nodiscard]] Term missing_keys(const TableNames& table, const std::optional<std::string>& after,
                                std::size_t count);
/// Those of the noted keys, [{"id","n"}, …] as JSON, that have no document on a majority of replicas.
[[nodiscard]] Term surely_missing(const TableNames& table, std::string_view noted);

/// Forgets keys whose deletion was published, unless they have a document again.
[[nodiscard]] Term forget_keys(const TableNames& table, const std::vector<Taken>& keys);

}  // namespace headwater::rethinkdb
