#include "src/sources/sqlite/capture/user_schema.h"

#include <functional>
#include <utility>

#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/trigger_names.h"

namespace headwater::sqlite {
namespace {

bool has_own_prefix(std::string_view name) {
  constexpr std::string_view prefix = "_headwater_";
  return same_name(name.substr(0, prefix.size()), prefix);
}

Result<void> load_tables(Database& database, UserSchema& schema) {
  auto rows = database.prepare(
      "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' "
      "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  if (!rows) return failed(rows);
  return for_each_row(*rows, [&](const Statement& row) {
    if (is_own_name(row.bytes(0)) || same_name(row.bytes(0), standby_table)) return;
    Candidate table{.name = text_at(row, 0), .why_not = {}, .without_rowid = row.integer(2) != 0};
    const auto type = row.bytes(1);
    if (type == "virtual")
      table.why_not = "it is a virtual table, and SQLite has no triggers on those";
    if (type == "view") table.why_not = "it is a view; capture its tables instead";
    table.ordinary = table.why_not.empty();
    if (table.why_not.empty() && !valid_utf8(table.name)) table.why_not = "its name is not UTF-8";
    if (table.why_not.empty() && has_own_prefix(table.name)) {
      table.why_not = "its name begins with _headwater_, like Headwater's own tables";
    }
    schema.places.emplace(table.name, schema.tables.size());
    schema.tables.push_back(std::move(table));
  });
}

void take(UserSchema& schema, const Statement& row) {
  const auto type = row.bytes(0);
  if (const auto number = number_taken(row.bytes(1))) schema.numbers.insert(*number);
  schema.marks[text_at(row, 2)].add(type, row.bytes(1), row.bytes(3), row.integer(4));
  if (type == "table") {
    const auto at = schema.places.find(row.bytes(1));
    if (at != schema.places.end()) schema.tables[at->second].definition = text_at(row, 3);
  } else if (type == "index") {
    schema.indexes.emplace(text_at(row, 1), text_at(row, 3));
  } else if (type == "trigger") {
    schema.triggers.push_back({text_at(row, 1), text_at(row, 2), text_at(row, 3), row.integer(4),
                               shape_of_trigger(row.bytes(1), row.bytes(3))});
  }
}

}  // namespace

const Candidate* UserSchema::table(std::string_view name) const {
  const auto at = places.find(name);
  return at == places.end() ? nullptr : &tables[at->second];
}

SchemaMark UserSchema::mark(std::string_view name) const {
  const auto at = marks.find(name);
  return at == marks.end() ? SchemaMark() : at->second;
}

void SchemaMark::add(std::string_view type, std::string_view name, std::string_view sql,
                     std::int64_t rowid) {
  const auto mix = [&](std::size_t hash) {
    sum_ ^= hash + 0x9e3779b97f4a7c15ULL + (sum_ << 6U) + (sum_ >> 2U);
  };
  for (const auto part : {type, name, sql}) mix(std::hash<std::string_view>()(part));
  mix(std::hash<std::int64_t>()(rowid));
}

Result<UserSchema> load_schema(Database& database) {
  UserSchema schema;
  auto version = database.integer("PRAGMA main.schema_version");
  if (!version) return failed(version);
  schema.version = *version;
  if (auto done = load_tables(database, schema); !done) return failed(done);
  auto rows = database.prepare(
      "SELECT type, name, tbl_name, sql, rowid FROM main.sqlite_schema ORDER BY rowid");
  if (!rows) return failed(rows);
  auto done = for_each_row(*rows, [&](const Statement& row) { take(schema, row); });
  if (!done) return failed(done);
  for (const auto& trigger : schema.triggers) {
    if (trigger.shape) {
      schema.ours.emplace(trigger.name, &trigger);
    } else {
      schema.theirs[trigger.table].push_back(&trigger);
    }
  }
  return schema;
}

}  // namespace headwater::sqlite
