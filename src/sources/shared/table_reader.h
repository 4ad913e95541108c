// The other thing a source brings to be joined: its tables, read piece by piece.
#pragma once

#include <cstdint>
#include <deque>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/sources/shared/change_log.h"
#include "src/sources/shared/place.h"

namespace headwater::sources {

/// Whether a row lies after the place up to which rows have been returned.
enum class Ahead {
  yes,      ///< Surely: it will be read, with the change.
  no,       ///< Surely not.
  unknown,  ///< Its change is returned: to tell a row twice does no harm, to lose a change does.
};

struct PieceRow {
  Change change;    ///< Op::read, without its position.
  std::string key;  ///< As TablePlace::after has it.
};

/// Rows of one table, all as they were at one moment.
struct Piece {
  /// Nothing committed later is in them.
  LogPoint point{};
  /// What is in them, in the reader's words; empty: everything committed up to the point.
  std::string sight{};
  /// The last key looked at, whether or not its row is among those returned; empty: none.
  std::string last{};
  bool end = false;  ///< No rows follow.
  std::deque<PieceRow> rows{};
};

/// Reads tables in the order of their keys. Holds nothing in the database between two calls. One
/// thread at a time; blocks for as long as the database takes, which `stop` may end early (retry,
/// `source.stopped`). Errors have Origin::source.
class TableReader {
 public:
  virtual ~TableReader() = default;

  /// Fails if no snapshot can be taken at all. Called before one starts or continues.
  virtual Result<void> ready() { return {}; }
  /// Blocks until read() shows everything that the log has up to now. Called when a snapshot starts
  /// or continues, because an earlier process may have returned that. What the log returns from
  /// then on is read()'s affair. `stop` ends it (retry, `source.stopped`).
  virtual Result<void> catch_up(const std::stop_token& /*stop*/) { return {}; }
  /// The tables that exist now and are to be read, sorted, only those after `after`.
  virtual Result<std::vector<TableName>> tables(const TableName& after,
                                                const std::stop_token& stop) = 0;
  /// Whether a table of this name would be among them.
  [[nodiscard]] virtual bool reads(const TableName& name) const = 0;
  /// Tables that tables() has found under another name than before, if the log does not say so: their
  /// names now. Each rename is returned once.
  virtual std::vector<TableName> renamed() { return {}; }
  /// Rows in all of them, as near as the database knows; 0: unknown.
  virtual Result<std::uint64_t> estimate(const std::stop_token& /*stop*/) { return 0; }
  /// A point not before what tables() has seen.
  virtual Result<LogPoint> now(const std::stop_token& stop) = 0;

  /// Whether `filter`, which a person typed, can select rows of `table`. Fails with stop,
  /// `source.no_filter` or `source.bad_filter`. Blocks for one round trip.
  virtual Result<void> check_filter(const TableName& table, const std::string& filter);

  /// Reads rows with keys after `after` (empty: from the first), as they are at `not_before` or
  /// later: as many as fit into a megabyte or so, at least one if there is one. Only those that
  /// `filter` selects, if it is not empty; check_filter() has accepted it. A table that does not
  /// exist has no rows.
  virtual Result<Piece> read(const TableName& name, const std::string& after, LogPoint not_before,
                             const std::string& filter, const std::stop_token& stop) = 0;

  /// Whether rows read at `point` with this sight contain the change. Asked only if the database's
  /// snapshots correspond to no point of the log, and Piece::sight is not empty.
  [[nodiscard]] virtual bool shows(LogPoint point, const std::string& /*sight*/,
                                   const LogChange& change) const {
    return change.point <= point;
  }
  /// Where the row of `change` lies, which is one of the table `name` that is being read, seen from
  /// `after` (not empty). May ask the database.
  virtual Result<Ahead> ahead(const TableName& name, const LogChange& change,
                              const std::string& after, const std::stop_token& stop) = 0;
};

inline Result<void> TableReader::check_filter(const TableName& /*table*/,
                                              const std::string& /*filter*/) {
  return fail({.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "source.no_filter",
               .message = "rows of this source can only be read again all together",
               .next = "headwater snapshot -c FILE TABLE, without --where"});
}

}  // namespace headwater::sources
