#include "src/sources/postgresql/feed/pg_tables.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/wait_for.h"
#include "src/event/encoding.h"
#include "src/event/event_type.h"
#include "src/event/short_key.h"
#include "src/ports/stopped.h"
#include "src/sources/postgresql/feed/change_maker.h"

namespace headwater::postgresql {
namespace {

using sources::LogPoint;
using sources::Piece;
using sources::TableName;

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr int first_rows = 16;
constexpr int most_rows = 4'096;
// A commit is in the log a moment before others see it; longer if a standby must confirm it.
constexpr Milliseconds visible_pause{2};
constexpr int visible_tries = 2'000;

Error bad_filter(const Error& error) {
  return {.remedy = error.remedy,
          .origin = error.remedy == Remedy::retry ? Origin::source : Origin::usage,
          .name = error.remedy == Remedy::retry ? error.name : "source.bad_filter",
          .message = "PostgreSQL does not accept the filter: " + error.message,
          .next =
              "headwater snapshot -c FILE TABLE --where \"state = 'open'\", with a condition "
              "in SQL"};
}

}  // namespace

Result<std::vector<TableName>> PgTables::tables(const TableName& after,
                                                const std::stop_token& stop) {
  auto found =
      server_->ask("SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = $1",
                   {server_->options().publication_name()}, stop);
  if (!found) return failed(found);
  std::vector<TableName> names;
  for (int row = 0; row < found->rows(); ++row) {
    TableName name{server_->facts().database, found->text(row, 0), found->text(row, 1)};
    if (name > after) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

bool PgTables::reads(const TableName& name) const {
  return name.database == server_->facts().database;
}

Result<std::uint64_t> PgTables::estimate(const std::stop_token& stop) {
  auto rows = server_->ask(
      "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::int8 FROM pg_publication_tables p "
      "JOIN pg_namespace n ON n.nspname = p.schemaname "
      "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE p.pubname = $1",
      {server_->options().publication_name()}, stop);
  if (!rows) return failed(rows);
  return number_in(rows->view(0, 0));
}

Result<LogPoint> PgTables::now(const std::stop_token& stop) {
  auto end = server_->ask("SELECT pg_current_wal_insert_lsn()", {}, stop);
  if (!end) return failed(end);
  const Lsn lsn = lsn_from(end->view(0, 0)).value_or(0);
  return LogPoint{.high = end_before(lsn, server_->facts().segment_size)};
}

Result<void> PgTables::check_filter(const TableName& name, const std::string& filter) {
  auto table = describe(*server_, name, {});
  if (!table) return failed(table);
  if (!*table) return {};
  auto accepted = server_->ask("SELECT 1 FROM (" + query_for(**table, {}, filter) + ") q LIMIT 0");
  if (!accepted) return fail(bad_filter(accepted.error()));
  return {};
}

/// Opens a transaction whose snapshot shows everything that the log has returned.
Result<void> PgTables::begin(const std::stop_token& stop) {
  snapshot_.reset();
  for (int tries = 0; tries < visible_tries; ++tries) {
    auto begun = server_->ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}, stop);
    if (!begun) return failed(begun);
    auto seen = server_->ask(
        "SELECT pg_current_snapshot(), floor(extract(epoch FROM now()) * 1000)::int8", {}, stop);
    if (!seen) return failed(seen);
    auto snapshot = Snapshot::from(seen->view(0, 0));
    if (snapshot && returned_->all_in(*snapshot)) {
      auto end = now(stop);
      if (!end) return failed(end);
      snapshot_ = *std::move(snapshot);
      point_ = *end;
      as_of_ = text_of(end->high);
      time_ = WallTime(Milliseconds(whole_number<std::int64_t>(seen->view(0, 1)).value_or(0)));
      return {};
    }
    auto ended = server_->ask("COMMIT", {}, stop);
    if (!ended) return failed(ended);
    if (!wait_for(visible_pause, stop)) return fail(stopped(Origin::source));
  }
  return fail(commit_not_visible());
}

Result<void> PgTables::hold() {
  auto begun = begin({});
  held_ = begun.has_value();
  return begun;
}

Result<Piece> PgTables::read(const TableName& name, const std::string& after,
                             LogPoint /*not_before*/, const std::string& filter,
                             const std::stop_token& stop) {
  if (!held_) {
    if (auto begun = begin(stop); !begun) return failed(begun);
  }
  Piece piece{.point = point_, .last = {}, .end = true};
  auto table = describe(*server_, name, stop);
  if (!table) return failed(table);
  table_ = *std::move(table);
  if (table_) {
    if (auto fetched = fetch(*table_, after, filter, piece, stop); !fetched) {
      // The connection goes on with the transaction rolled back, or is lost anyway.
      (void)server_->ask("ROLLBACK", {}, stop);
      if (filter.empty()) return failed(fetched);
      return fail(bad_filter(fetched.error()));
    }
  }
  auto ended = server_->ask(held_ ? "CLOSE ALL" : "COMMIT", {}, stop);
  if (!ended) return failed(ended);
  return piece;
}

/// A cursor gives the first rows quickly, however many there are.
Result<void> PgTables::fetch(const PublishedTable& table, const std::string& after,
                             const std::string& filter, Piece& piece, const std::stop_token& stop) {
  auto answers = fetch_rows(query_for(table, after, filter), piece.end, stop);
  if (!answers) return failed(answers);
  for (const Answer& answer : *answers) {
    if (table_->shape.forms.empty()) {
      for (int i = 0; i < answer.columns() - 1; ++i) {
        table_->shape.forms.push_back(form_of(answer.type(i)));
      }
    }
    for (int row = 0; row < answer.rows(); ++row) add_row(table, answer, row, piece);
  }
  return {};
}

Result<std::vector<Answer>> PgTables::fetch_rows(const std::string& query, bool& end,
                                                 const std::stop_token& stop) {
  auto declared = server_->ask("DECLARE piece NO SCROLL CURSOR FOR " + query, {}, stop);
  if (!declared) return failed(declared);
  std::vector<Answer> answers;
  std::size_t bytes = 0;
  int rows = first_rows;
  for (end = false; !end && bytes < piece_bytes;) {
    auto answer = server_->ask("FETCH " + std::to_string(rows) + " FROM piece", {}, stop);
    if (!answer) return failed(answer);
    end = answer->rows() < rows;
    std::size_t these = 1;
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

void PgTables::add_row(const PublishedTable& table, const Answer& answer, int row, Piece& piece) {
  std::vector<Value> values;
  for (int i = 0; i < answer.columns() - 1; ++i) {
    const auto form = table.shape.forms[static_cast<std::size_t>(i)];
    values.push_back(answer.is_null(row, i) ? Value() : value_of(form, answer.view(row, i)));
  }
  std::string key;
  for (const std::size_t i : table.order) {
    if (!key.empty()) key += '/';
    append_percent_encoded(key, answer.view(row, static_cast<int>(i)));
  }
  if (table.order.empty()) key = answer.text(row, answer.columns() - 1);
  Change change{.op = Op::read,
                .id = "snapshot:" + as_of_ + ":" +
                      table_words(table.shape.schema, table.shape.table) + ":" + short_key(key),
                .database = server_->facts().database,
                .schema = table.shape.schema,
                .table = table.shape.table,
                .time = time_};
  change.key = key_of(table.shape, values);
  change.after = TableRow{.columns = table.shape.columns, .values = std::move(values)};
  piece.last = key;
  piece.rows.push_back({.change = std::move(change), .key = std::move(key)});
}

bool PgTables::shows(const Piece& piece, const sources::LogChange& change) const {
  if (change.point.high > piece.point.high) return false;
  if (!snapshot_ || piece.point != point_) return true;
  return snapshot_->shows(static_cast<Xid>(change.point.low));
}

/// Only orders that are the same here and there are compared.
sources::Ahead PgTables::ahead(const sources::LogChange& change, const std::string& after) {
  using sources::Ahead;
  const auto key = values_of(change.change.key);
  if (!table_ || table_->order.empty() || key.size() != table_->order.size()) return Ahead::unknown;
  const auto parts = key_parts(after);
  for (std::size_t i = 0; i < table_->order.size() && i < parts.size(); ++i) {
    const auto place = std::ranges::find(table_->shape.key, table_->order[i]);
    const auto index = static_cast<std::size_t>(place - table_->shape.key.begin());
    const auto* number = std::get_if<std::int64_t>(&key[index]);
    const auto last = whole_number<std::int64_t>(parts[i]);
    if (number == nullptr || !last) return Ahead::unknown;
    if (*number != *last) return *number > *last ? Ahead::yes : Ahead::no;
  }
  return Ahead::no;
}

}  // namespace headwater::postgresql
