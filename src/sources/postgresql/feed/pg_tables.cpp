#include "src/sources/postgresql/feed/pg_tables.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"

namespace headwater::postgresql {
namespace {

using sources::LogPoint;
using sources::Piece;
using sources::TableName;

}  // namespace

Result<std::vector<TableName>> PgTables::tables(const TableName& after,
                                                const std::stop_token& stop) {
  auto found = server_->ask(
      "SELECT p.schemaname, p.tablename, c.oid FROM pg_publication_tables p "
      "JOIN pg_namespace n ON n.nspname = p.schemaname "
      "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename "
      "WHERE p.pubname = $1",
      {server_->options().publication_name()}, stop);
  if (!found) return failed(found);
  std::vector<TableName> names;
  for (int row = 0; row < found->rows(); ++row) {
    TableName name{server_->facts().database, found->text(row, 0), found->text(row, 1)};
    const auto [known, fresh] = names_.try_emplace(found->text(row, 2), name);
    if (!fresh && known->second != name) renamed_.push_back(known->second = name);
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
  return point_of(*server_, end->view(0, 0));
}

Result<void> PgTables::check_filter(const TableName& name, const std::string& filter) {
  auto table = describe(*server_, name, {});
  if (!table) return failed(table);
  if (!*table) return {};
  auto accepted = server_->ask("SELECT 1 FROM (" + query_for(**table, {}, filter) + ") q LIMIT 0");
  if (!accepted) return fail(bad_filter(accepted.error()));
  return {};
}

Result<void> PgTables::hold() {
  auto held = reader_.hold(shows_returned());
  if (held) last_.moment = reader_.moment();
  return held;
}

/// Whether a snapshot shows everything that the log has returned.
PieceReader::Wanted PgTables::shows_returned() {
  return [this](const Snapshot& snapshot) { return returned_->all_in(snapshot); };
}

Result<Piece> PgTables::read(const TableName& name, const std::string& after,
                             LogPoint /*not_before*/, const std::string& filter,
                             const std::stop_token& stop) {
  auto read = ahead_.take(name, after, filter, stop);
  // The log may have returned something since.
  if (!read || !*read || !returned_->all_in((*read)->moment.snapshot)) {
    read = reader_.read(name, after, filter, shows_returned(), stop);
  }
  if (!*read) return fail(std::move(read->error()));
  Piece piece = std::move((*read)->piece);
  (*read)->piece = {};
  last_ = std::move(**read);
  if (!reader_.held() && !piece.end) ahead_.begin(*server_, name, piece.last, filter);
  return piece;
}

bool PgTables::shows(LogPoint point, const std::string& sight,
                     const sources::LogChange& change) const {
  if (change.point.high > point.high) return false;
  if (sight != asked_sight_) {
    asked_ = Snapshot::from(sight);
    asked_sight_ = sight;
  }
  return !asked_ || asked_->shows(static_cast<Xid>(change.point.low));
}

Result<sources::Ahead> PgTables::ahead(const TableName& name, const sources::LogChange& change,
                                       const std::string& after, const std::stop_token& stop) {
  // After a restart, nothing of it has been read.
  auto& table = last_.table;
  if (!table || table->shape.schema != name.schema || table->shape.table != name.table) {
    auto described = describe(*server_, name, stop);
    if (!described) return failed(described);
    table = *std::move(described);
    if (!table) return sources::Ahead::unknown;
  }
  const auto key = key_at(*table, after);
  if (!key) return sources::Ahead::unknown;
  return key_order_.ahead(*server_, *table, change, *key, stop);
}

}  // namespace headwater::postgresql
