#include "src/sources/postgresql/feed/piece_reader.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/wait_for.h"
#include "src/event/event_type.h"
#include "src/event/short_key.h"
#include "src/ports/stopped.h"
#include "src/sources/postgresql/feed/change_maker.h"
#include "src/sources/postgresql/feed/hidden_commits.h"

namespace headwater::postgresql {
namespace {

using sources::LogPoint;
using sources::Piece;
using sources::TableName;

// Of rows in memory. One more piece is read ahead.
constexpr std::size_t piece_bytes = std::size_t{2} << 20U;
// Not worth another round trip.
constexpr std::size_t enough_bytes = piece_bytes - piece_bytes / 8;
// Nobody knows yet how large they are.
constexpr int first_rows = 1;
constexpr int most_rows = 4'096;
// A commit is in the log a moment before others see it; longer if a standby must confirm it.
constexpr Milliseconds visible_pause{2};
constexpr int visible_tries = 2'000;

// An index that fits a filter has another order.
constexpr const char* in_order_of_file =
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; "
    "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = on; ";
constexpr const char* end_of_held_piece =
    "CLOSE ALL; SET LOCAL enable_indexscan TO DEFAULT; SET LOCAL enable_indexonlyscan TO DEFAULT; "
    "SET LOCAL enable_bitmapscan TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT";

}  // namespace

Error bad_filter(const Error& error) {
  return {.remedy = error.remedy,
          .origin = error.remedy == Remedy::retry ? Origin::source : Origin::usage,
          .name = error.remedy == Remedy::retry ? error.name : "source.bad_filter",
          .message = "PostgreSQL does not accept the filter: " + error.message,
          .next =
              "headwater snapshot -c FILE TABLE --where \"state = 'open'\", with a condition "
              "in SQL"};
}

LogPoint point_of(const Server& server, std::string_view lsn) {
  return {.high = end_before(lsn_from(lsn).value_or(0), server.facts().segment_size)};
}

/// Locks the table, if one is named, before the snapshot is taken. Otherwise an ALTER TABLE that
/// writes it anew could come between, and the snapshot would show none of its rows.
Result<void> PieceReader::begin(const std::string& table, const Wanted& wanted,
                                const std::stop_token& stop) {
  const std::string lock = table.empty() ? "" : "LOCK TABLE " + table + " IN ACCESS SHARE MODE; ";
  for (int tries = 0; tries < visible_tries; ++tries) {
    // What the snapshot shows is in the log before the place that is asked for in it.
    auto seen = server_->ask_all(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + lock +
            "SELECT pg_current_snapshot(), floor(extract(epoch FROM now()) * 1000)::int8, "
            "pg_current_wal_insert_lsn()",
        stop);
    if (!seen) return failed(seen);
    auto snapshot = Snapshot::from(seen->view(0, 0));
    if (snapshot && wanted(*snapshot)) {
      const LogPoint point = point_of(*server_, seen->view(0, 2));
      const auto time = whole_number<std::int64_t>(seen->view(0, 1)).value_or(0);
      moment_ = {.point = point,
                 .sight = seen->text(0, 0),
                 .snapshot = *std::move(snapshot),
                 .as_of = text_of(point.high),
                 .time = WallTime(Milliseconds(time))};
      return {};
    }
    auto ended = server_->ask("COMMIT", {}, stop);
    if (!ended) return failed(ended);
    if (!wait_for(visible_pause, stop)) return fail(stopped(Origin::source));
  }
  return fail(commit_not_visible());
}

/// A table that does not exist cannot be locked, and has no rows.
Result<void> PieceReader::begin_locked(const TableName& name, const Wanted& wanted,
                                       const std::stop_token& stop) {
  auto begun = begin(quote_name(name.schema) + "." + quote_name(name.table), wanted, stop);
  if (begun) return begun;
  (void)server_->ask("ROLLBACK", {}, stop);
  auto table = describe(*server_, name, stop);
  if (!table || *table) return begun;
  return begin({}, wanted, stop);
}

Result<void> PieceReader::hold(const Wanted& wanted) {
  auto begun = begin({}, wanted, {});
  held_ = begun.has_value();
  return begun;
}

Result<PieceRead> PieceReader::read(const TableName& name, const std::string& after,
                                    const std::string& filter, const Wanted& wanted,
                                    const std::stop_token& stop) {
  if (!held_) {
    if (auto begun = begin_locked(name, wanted, stop); !begun) return failed(begun);
  }
  auto read = read_now(name, after, filter, stop);
  auto ended = server_->ask_all(!read ? "ROLLBACK" : held_ ? end_of_held_piece : "COMMIT", stop);
  if (read && !ended) return failed(ended);
  return read;
}

Result<PieceRead> PieceReader::read_now(const TableName& name, const std::string& after,
                                        const std::string& filter, const std::stop_token& stop) {
  PieceRead read{.piece = {.point = moment_.point, .sight = moment_.sight, .last = {}, .end = true},
                 .moment = moment_,
                 .table = {}};
  auto table = describe(*server_, name, stop);
  if (!table) return failed(table);
  read.table = *std::move(table);
  if (!read.table) return read;
  // In another order, all rows are still to be read: some come twice, and none is left out.
  const std::string last = key_at(*read.table, after).value_or("");
  auto fetched = fetch(*read.table, query_for(*read.table, last, filter), read.piece, stop);
  if (!fetched && !filter.empty()) return fail(bad_filter(fetched.error()));
  if (!fetched) return failed(fetched);
  return read;
}

/// A cursor gives the first rows quickly, however many there are.
Result<void> PieceReader::fetch(PublishedTable& table, const std::string& query, Piece& piece,
                                const std::stop_token& stop) {
  const std::string order = table.order.empty() ? in_order_of_file : "";
  auto answers =
      fetch_rows(order + "DECLARE piece NO SCROLL CURSOR FOR " + query + "; ", piece.end, stop);
  if (!answers) return failed(answers);
  for (const Answer& answer : *answers) {
    if (table.shape.forms.empty()) {
      for (int i = 0; i < answer.columns() - 1; ++i) {
        table.shape.forms.push_back(form_of(answer.type(i)));
      }
    }
    for (int row = 0; row < answer.rows(); ++row) add_row(table, answer, row, piece);
  }
  return {};
}

Result<std::vector<Answer>> PieceReader::fetch_rows(std::string declare, bool& end,
                                                    const std::stop_token& stop) {
  std::vector<Answer> answers;
  std::size_t bytes = 0;
  int rows = first_rows;
  for (end = false; !end && bytes < enough_bytes;) {
    auto answer = server_->ask_all(declare + "FETCH " + std::to_string(rows) + " FROM piece", stop);
    if (!answer) return failed(answer);
    declare.clear();
    end = answer->rows() < rows;
    const auto columns = static_cast<std::size_t>(answer->columns());
    const std::size_t each = sizeof(sources::PieceRow) + columns * sizeof(Value);
    std::size_t these = 1 + each * static_cast<std::size_t>(answer->rows());
    for (int row = 0; row < answer->rows(); ++row) {
      for (int column = 0; column < answer->columns(); ++column) {
        these += answer->view(row, column).size();
      }
    }
    bytes += these;
    const std::size_t average = these / static_cast<std::size_t>(std::max(1, answer->rows())) + 1;
    const std::size_t room = bytes < piece_bytes ? piece_bytes - bytes : 0;
    rows =
        std::clamp(static_cast<int>(std::min<std::size_t>(room / average, most_rows)), 1, rows * 8);
    answers.push_back(*std::move(answer));
  }
  return answers;
}

void PieceReader::add_row(const PublishedTable& table, const Answer& answer, int row,
                          Piece& piece) {
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(answer.columns() - 1));
  for (int i = 0; i < answer.columns() - 1; ++i) {
    const auto form = table.shape.forms[static_cast<std::size_t>(i)];
    values.push_back(answer.is_null(row, i) ? Value() : value_of(form, answer.view(row, i)));
  }
  std::string key;
  for (const std::size_t i : table.order) {
    append_key_part(key, i == table.order.front(), answer.view(row, static_cast<int>(i)));
  }
  if (table.order.empty()) key = answer.text(row, answer.columns() - 1);
  Change change{.op = Op::read,
                .id = "snapshot:" + moment_.as_of + ":" +
                      table_words(table.shape.schema, table.shape.table) + ":" + short_key(key),
                .database = server_->facts().database,
                .schema = table.shape.schema,
                .table = table.shape.table,
                .time = moment_.time};
  change.key = key_of(table.shape, values);
  change.after = TableRow{.columns = table.shape.columns, .values = std::move(values)};
  std::string place = place_of(table, key);
  piece.last = place;
  piece.rows.push_back({.change = std::move(change), .key = std::move(place)});
}

}  // namespace headwater::postgresql
