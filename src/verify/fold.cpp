#include "src/verify/fold.h"

#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/event/json_text.h"
#include "src/verify/data_scan.h"

namespace headwater {
namespace {

std::int64_t fingerprint(std::string_view after) {
  return std::bit_cast<std::int64_t>(std::uint64_t{XXH3_64bits(after.data(), after.size())});
}

Error unreadable(const Event& event) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "event.unreadable",
               .message = "Event " + event.id + " is not as Headwater writes them.",
               .next = "compare it with docs/formats/event.md"};
}

constexpr std::string_view gap_suffix = ".gap";

}  // namespace

std::optional<std::string> table_of(const Event& event) {
  const std::string_view type = event.type;
  if (type.ends_with(gap_suffix)) {
    // "<database>.gap" is partitioned by the database's name, "<database>.<table>.gap" by the
    // table's, which is shorter than both.
    std::string database;
    append_percent_encoded(database, type.substr(0, type.size() - gap_suffix.size()));
    if (database == event.partition_key) return std::nullopt;
  }
  std::string table = event.partition_key.substr(0, event.partition_key.find('/'));
  return percent_decoded(table).value_or(table);
}

Fold::Fold(sqlite::Database database, Parts parts)
    : database_(std::make_unique<sqlite::Database>(std::move(database))),
      parts_(std::move(parts)) {}

Result<Fold> Fold::make() {
  // The empty name is SQLite's for a private file that is deleted when it is closed.
  auto database = sqlite::Database::open("", sqlite::Open::create, Origin::usage);
  if (!database) return fail(std::move(database.error()));
  auto made = database->execute(
      "PRAGMA cache_size = -8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
      "PRAGMA temp_store = FILE; PRAGMA locking_mode = EXCLUSIVE;"
      "CREATE TABLE fold(tab TEXT, key BLOB, print INTEGER, sequence INTEGER, met INTEGER,"
      "  PRIMARY KEY (tab, key)) WITHOUT ROWID; BEGIN");
  if (!made) return fail(std::move(made.error()));
  Parts parts;
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&parts.put,
       "INSERT INTO fold VALUES (?1, ?2, ?3, ?4, ?5)"
       " ON CONFLICT DO UPDATE SET print = ?3, sequence = ?4"},
      {&parts.erase, "DELETE FROM fold WHERE tab = ?1 AND key = ?2"},
      {&parts.clear_table, "DELETE FROM fold WHERE tab = ?1"},
      {&parts.clear_all, "DELETE FROM fold"},
      {&parts.get, "SELECT print, sequence FROM fold WHERE tab = ?1 AND key = ?2"},
      {&parts.mark, "UPDATE fold SET met = 1 WHERE tab = ?1 AND key = ?2"},
      {&parts.rest, "SELECT tab, key, sequence FROM fold WHERE met = 0"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database->prepare(sql);
    if (!prepared) return fail(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return Fold(std::move(*database), std::move(parts));
}

Result<void> Fold::apply(const Event& event, std::uint64_t sequence) {
  const auto data = scan_data(event.data);
  if (!data) return fail(unreadable(event));
  const auto table = table_of(event);
  if (data->op == "gap" && data->gap.find(R"("restated":true)") == std::string_view::npos)
    return {};
  if (!table) return parts_.clear_all.run();
  if (data->op == "drop" || data->op == "gap") {
    parts_.clear_table.bind_text(0, *table);
    return parts_.clear_table.run();
  }
  if (data->op == "delete") {
    parts_.erase.bind_text(0, *table).bind_blob(1, data->key);
    return parts_.erase.run();
  }
  parts_.put.bind_text(0, *table)
      .bind_blob(1, data->key)
      .bind(2, fingerprint(data->after))
      .bind(3, static_cast<std::int64_t>(sequence))
      .bind(4, std::int64_t{comparing_ ? 1 : 0});
  return parts_.put.run();
}

Result<Fold::Match> Fold::meet(const Event& event) {
  const auto data = scan_data(event.data);
  const auto table = table_of(event);
  if (!data || !table) return fail(unreadable(event));
  parts_.get.bind_text(0, *table).bind_blob(1, data->key);
  auto row = parts_.get.step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return Match{};
  const Match match{.found = true,
                    .equal = parts_.get.integer(0) == fingerprint(data->after),
                    .sequence = static_cast<std::uint64_t>(parts_.get.integer(1))};
  parts_.get.reset();
  parts_.mark.bind_text(0, *table).bind_blob(1, data->key);
  if (auto marked = parts_.mark.run(); !marked) return fail(std::move(marked.error()));
  return match;
}

Result<void> Fold::unmet(
    const std::function<void(std::string_view, std::string_view, std::uint64_t)>& take) {
  for (;;) {
    auto row = parts_.rest.step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return {};
    take(parts_.rest.bytes(0), parts_.rest.bytes(1),
         static_cast<std::uint64_t>(parts_.rest.integer(2)));
  }
}

}  // namespace headwater
