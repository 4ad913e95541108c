// The join's part of a position: where a snapshot is, and inside which transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/json/member_reader.h"

namespace headwater::sources {

/// A point of the log. Points are ordered as the log is. What the numbers mean is the source's own
/// affair: an LSN, a time and a counter, a file and an offset.
struct LogPoint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero in it for a pointer.
  auto operator<=>(const LogPoint&) const = default;
};

/// A table, named as its changes name it. Tables are read in this order.
struct TableName {
  std::string database;
  std::string schema;
  std::string table;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero in it for a pointer.
  auto operator<=>(const TableName&) const = default;
};

/// Tables that a person asked to have read again.
struct ReadRequest {
  std::string id;                 ///< Distinguishes its rows' ids from those of other requests.
  std::vector<TableName> tables;  ///< Sorted, each once; at least one.
  std::string filter;             ///< In the reader's words; empty: all rows.

  bool operator==(const ReadRequest&) const = default;
};

/// Rows that contain some changes which the log has after others that they do not contain.
struct Overlap {
  std::string after;  ///< Key before the first of the rows; empty: none.
  LogPoint until{};   ///< They contain nothing that the log has after this.
  std::string sight;  ///< What they contain, in the reader's words. See Piece::sight.

  bool operator==(const Overlap&) const = default;
};

/// A snapshot in progress. Rows up to the place have been returned, rows after it have not. A
/// change to a row after the place is left out, because the row will be read with it.
struct TablePlace {
  TableName name;      ///< Empty: before the first table.
  std::string after;   ///< Key of the last row returned, in the reader's words; empty: none yet.
  bool whole = false;  ///< All rows of the table have been returned.
  std::uint64_t done = 0;  ///< Rows returned, of all tables.
  /// Changes to rows after the place are no longer left out: a table was renamed, and readers may
  /// know its rows by another name.
  bool all_changes = false;
  /// Only these tables are read. Their rows have been published before, so no change is left out
  /// (all_changes): a removed row would not come back, and readers would keep it.
  std::optional<ReadRequest> request{};
  /// Of the last rows returned, until the log is past it. A change that they contain is left out.
  std::optional<Overlap> overlap{};
  /// How often a table that was emptied meanwhile was begun again. Distinguishes the ids of its rows.
  std::uint64_t rounds = 0;

  bool operator==(const TablePlace&) const = default;
};

/// The transaction a position is inside of.
struct OpenTransaction {
  std::string id;
  std::uint64_t count = 0;  ///< Its changes returned so far.

  bool operator==(const OpenTransaction&) const = default;
};

struct Place {
  std::optional<TablePlace> snapshot;
  std::optional<OpenTransaction> transaction;

  /// Whether changes committed before it may be missing from the stream until the snapshot is over.
  [[nodiscard]] bool leaves_out_changes() const { return snapshot && !snapshot->request; }

  bool operator==(const Place&) const = default;
};

/// Where a relay begins: before the first row, or in no snapshot.
[[nodiscard]] Place first_place(bool snapshot);

/// Appends `,"snapshot":{…}` and `,"txn":{…}`, each only if there is one. `table_word` names the
/// member that holds the table's name.
void append_place(std::string& to, const Place& place, std::string_view table_word = "table");
/// Reads them back from the object they were appended to.
[[nodiscard]] Place place_from(MemberReader& position, std::string_view table_word = "table");

}  // namespace headwater::sources
