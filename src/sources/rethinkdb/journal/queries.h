// The queries that read a followed table and its journal, and remove from it what was published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/rethinkdb/term.h"

namespace headwater::rethinkdb {

/// A followed table: its names, and what does not change while it has its id.
struct TableNames {
  std::string database;
  std::string table;
  std::string id{};  ///< The server's uuid of it; survives a rename.
  std::string primary_key{};
};

/// Where the index continues: after this document.
struct IndexPlace {
  std::uint64_t first = 0;  ///< JournaledDocument::first_pending().
  std::string key;          ///< JSON.
};

/// A change of a document that is in the stream, with all changes before it.
struct Taken {
  std::string key;  ///< JSON.
  std::uint64_t number = 0;
  bool is_missing = false;    ///< The document was deleted without a mark.
  std::uint64_t version = 0;  ///< Of the change; 0: not known.
};

/// Documents with pending changes, in the index's order; those after `after`; up to this first pending
/// number; and of a snapshot in progress only those with keys (JSON) that are not after `not_after`.
/// What it returns is on disk on a majority of the replicas.
struct PageChoice {
  std::optional<IndexPlace> after{};
  std::optional<std::uint64_t> until{};
  std::optional<std::string> not_after{};
  std::size_t count = 0;
};
[[nodiscard]] Term page_of_pending(const TableNames& table, const PageChoice& choice);

/// The same without contents and images, which may be large.
[[nodiscard]] Term page_of_numbers(const TableNames& table, const PageChoice& choice);

/// Documents in the order of their keys (JSON), after one, if there is one. As durable.
[[nodiscard]] Term page_of_rows(const TableNames& table, const std::optional<std::string>& after,
                                std::size_t count);

/// A feed of one 1 for each change that may add to page_of_pending(). It may also stay silent.
[[nodiscard]] Term wake_feed(const TableNames& table);

/// Raises the number of releases, and that of the changes told (Registration::told, by), then removes these
/// changes from the journal, and forgets noted keys whose documents are missing, all durably. Returns
/// [the counter, the counts of the writes, …]. Changes of documents that are no longer there are
/// refused by the hook, one by one.
[[nodiscard]] Term release(const TableNames& table, const std::vector<Taken>& taken,
                           std::uint64_t told, const std::string& by = {});

/// Notes what in the table contradicts the stream, unless something was released after `released`.
[[nodiscard]] Term note_doubt(const TableNames& table, const std::string& doubt,
                              std::uint64_t released);
/// The stream has what follows from it.
[[nodiscard]] Term settle_doubt(const TableNames& table);

/// Removes some documents that were marked as deleted up to a number, and have nothing pending.
/// Returns the counts of the writes.
[[nodiscard]] Term purge(const TableNames& table, std::uint64_t up_to, std::size_t count);

}  // namespace headwater::rethinkdb
