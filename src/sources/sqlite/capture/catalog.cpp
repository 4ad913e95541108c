#include "src/sources/sqlite/capture/catalog.h"

#include <algorithm>
#include <memory>

#include "src/json/json.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

constexpr const char* shape_columns =
    "SELECT shape, \"table\", columns, key, by_rowid, collations, since FROM _headwater_shapes";
constexpr const char* relay_columns =
    "SELECT name, tables, start, first_task, confirmed FROM _headwater_relays";

Error damaged(const Database& database, const std::string& what) {
  return {.origin = database.origin(),
          .name = "source.log_damaged",
          .message = what + " in " + database.path(),
          .next = "headwater init -c FILE --remove, then headwater init -c FILE to start again"};
}

/// Parses a JSON array of strings; nullopt if it is not one.
std::optional<std::vector<std::string>> names_in(std::string_view json) {
  const auto parsed = Json::parse(json);
  if (!parsed || !parsed->is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const Json& name : parsed->elements()) {
    const auto text = name.text();
    if (!text) return std::nullopt;
    names.emplace_back(*text);
  }
  return names;
}

/// Returns false if the row is invalid.
bool decode(const Statement& row, Shape& shape) {
  shape.id = row.integer(0);
  shape.table = text_at(row, 1);
  shape.by_rowid = row.integer(4) != 0;
  shape.since = row.integer(6);
  auto columns = names_in(row.bytes(2));
  auto key = names_in(row.bytes(3));
  auto collations = names_in(row.bytes(5));
  if (!columns || !key || !collations) return false;
  if (shape.by_rowid) {
    shape.key = {static_cast<int>(columns->size())};
    shape.order = "rowid";
  } else {
    if (collations->size() != key->size() || key->empty()) return false;
    for (std::size_t i = 0; i < key->size(); ++i) {
      const auto at = std::ranges::find(*columns, (*key)[i]);
      if (at == columns->end()) return false;
      shape.key.push_back(static_cast<int>(at - columns->begin()));
      shape.order.append(i == 0 ? "" : ", ").append(quote_name((*key)[i]));
      shape.order.append(" COLLATE ").append(quote_name((*collations)[i]));
    }
  }
  if (shape.by_rowid) {
    // Returns the first name of the rowid that no column hides.
    for (const char* name : {"oid", "_rowid_", "rowid"}) {
      const auto hides = [&](const std::string& column) { return same_name(column, name); };
      if (std::ranges::none_of(*columns, hides)) shape.order = name;
    }
  }
  shape.columns = std::make_shared<const std::vector<std::string>>(std::move(*columns));
  shape.key_columns = std::make_shared<const std::vector<std::string>>(std::move(*key));
  shape.collations = std::move(*collations);
  return true;
}

Result<std::vector<Shape>> shapes_from(Database& database, Statement& rows) {
  std::vector<Shape> shapes;
  auto done = for_each_row(rows, [&](const Statement& row) -> Result<void> {
    Shape shape;
    if (!decode(row, shape)) {
      return fail(damaged(database, "shape " + std::to_string(row.integer(0)) + " is unreadable"));
    }
    shapes.push_back(std::move(shape));
    return {};
  });
  if (!done) return failed(done);
  return shapes;
}

Result<std::vector<RelayRow>> relays_from(Database& database, Statement& rows) {
  std::vector<RelayRow> relays;
  auto done = for_each_row(rows, [&](const Statement& row) -> Result<void> {
    RelayRow relay{.name = text_at(row, 0),
                   .tables = std::nullopt,
                   .start = row.integer(2),
                   .first_task = row.integer(3),
                   .confirmed = row.integer(4)};
    if (!row.is_null(1)) {
      relay.tables = names_in(row.bytes(1));
      if (!relay.tables) return fail(damaged(database, "relay " + relay.name + " is unreadable"));
    }
    relays.push_back(std::move(relay));
    return {};
  });
  if (!done) return failed(done);
  return relays;
}

}  // namespace

Result<std::vector<Shape>> load_shapes(Database& database) {
  auto rows = database.prepare(std::string(shape_columns) + " ORDER BY shape");
  if (!rows) return failed(rows);
  return shapes_from(database, *rows);
}

Result<Shape> load_shape(Database& database, std::int64_t id) {
  auto rows = database.prepare(std::string(shape_columns) + " WHERE shape = ?1");
  if (!rows) return failed(rows);
  rows->bind(0, id);
  auto shapes = shapes_from(database, *rows);
  if (!shapes) return failed(shapes);
  if (shapes->empty())
    return fail(damaged(database, "shape " + std::to_string(id) + " is missing"));
  return std::move(shapes->front());
}

bool RelayRow::wants(const std::string& table) const { return asks_for(tables, table); }

Result<std::vector<RelayRow>> load_relays(Database& database) {
  auto rows = database.prepare(std::string(relay_columns) + " ORDER BY name");
  if (!rows) return failed(rows);
  return relays_from(database, *rows);
}

Result<std::optional<RelayRow>> load_relay(Database& database, const std::string& name) {
  auto rows = database.prepare(std::string(relay_columns) + " WHERE name = ?1");
  if (!rows) return failed(rows);
  rows->bind_text(0, name);
  auto relays = relays_from(database, *rows);
  if (!relays) return failed(relays);
  if (relays->empty()) return std::optional<RelayRow>();
  return std::optional<RelayRow>(std::move(relays->front()));
}

Result<std::vector<TaskRow>> load_tasks(Database& database, std::int64_t after) {
  std::vector<TaskRow> tasks;
  auto rows = database.prepare(
      "SELECT task, shape, at, time, relay, reason FROM _headwater_snapshots WHERE task > ?1 "
      "ORDER BY task");
  if (!rows) return failed(rows);
  rows->bind(0, after);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    TaskRow task{.task = row.integer(0),
                 .shape = row.integer(1),
                 .at = row.integer(2),
                 .time = row.integer(3),
                 .relay = std::nullopt,
                 .reason = text_at(row, 5)};
    if (!row.is_null(4)) task.relay = text_at(row, 4);
    tasks.push_back(std::move(task));
  });
  if (!done) return failed(done);
  return tasks;
}

Result<std::string> load_uuid(Database& database) {
  auto state = log_state(database);
  if (!state) return failed(state);
  if (*state != LogState::ready) return fail(log_error(*state, database));
  return database.text("SELECT value FROM main._headwater_meta WHERE key = 'uuid'");
}

Result<std::int64_t> log_head(Database& database) {
  return database.integer_again("SELECT max(seq) FROM main._headwater_log");
}

}  // namespace headwater::sqlite
