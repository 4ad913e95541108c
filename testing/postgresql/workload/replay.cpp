#include "testing/postgresql/workload/replay.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "src/base/hex.h"
#include "src/event/encoding.h"
#include "src/sqlite/database.h"
#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

constexpr const char* null = "NULL";
constexpr std::string_view given = "=";  // before a text that is none of NULL

std::string text_of(double number) {
  std::array<char, 40> digits{};
  (void)std::snprintf(digits.data(), digits.size(), "%.17g", number);
  return digits.data();
}

std::string text_in(const Json& object, std::string_view member) {
  return std::string(object[member].text().value_or("not a text"));
}

/// A value as PostgreSQL writes it, but a real as text_of().
std::string as_text(const Json& value) {
  if (value.is_null()) return null;
  const std::string is{given};
  if (const auto boolean = value.boolean()) return is + (*boolean ? "t" : "f");
  if (const auto number = value.integer()) return is + std::to_string(*number);
  if (const auto number = value.real()) return is + text_of(*number);
  if (const auto text = value.text()) return is + std::string(*text);
  for (const char* member : {"$int", "$decimal", "$time", "$json"}) {
    if (value.contains(member)) return is + text_in(value, member);
  }
  if (value.contains("$real")) {
    return is + text_of(std::strtod(text_in(value, "$real").c_str(), nullptr));
  }
  std::string bytes = is + "\\x";
  append_hex_bytes(bytes, base64_decoded(text_in(value, "$blob")).value_or("?"));
  return bytes;
}

std::string line_of(const std::map<std::string, std::string>& row) {
  std::string line;
  for (const auto& [column, text] : row) line.append(column).append(" ").append(text).append("\n");
  return line;
}

/// Takes the last part of a name with dots.
std::string take_last(std::string& name) {
  const auto dot = name.rfind('.');
  std::string last = name.substr(dot + 1);
  name.resize(dot);
  return last;
}

/// The tables that are published, and those of whose columns are reals.
constexpr const char* columns_query =
    "SELECT nspname, relname, attname, quote_ident(nspname) || '.' || quote_ident(relname), "
    "quote_ident(attname), atttypid IN ('real'::regtype, 'double precision'::regtype) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
    "JOIN pg_attribute ON attrelid = c.oid WHERE relkind = 'r' AND attnum > 0 "
    "AND NOT attisdropped AND attgenerated = '' AND nspname IN ('public', 'the other') "
    "ORDER BY 1, 2, attnum";

struct Column {
  std::string name;
  bool real = false;
};

struct Table {
  std::string sql;     // its name
  std::string values;  // what to select
  std::vector<Column> columns;
};

/// By the names that events have.
std::map<std::string, Table> tables_of(PostgresShell& shell) {
  std::map<std::string, Table> tables;
  for (const auto& row : shell.sure(columns_query)) {
    Table& table = tables[row[0] + "." + row[1]];
    table.sql = row[3];
    table.columns.push_back({.name = row[2], .real = row[5] == "t"});
    // In this way a value is written as it is sent, also a row of nothing but NULL.
    table.values += table.values.empty() ? "CASE WHEN " : ", CASE WHEN ";
    table.values += row[4] + " IS NOT DISTINCT FROM NULL THEN 'NULL' ELSE format('=%s', ";
    table.values += row[4] + ") END";
  }
  return tables;
}

/// The database's rows of a table, each as a line.
std::multiset<std::string> lines_of(PostgresShell& shell, const Table& table) {
  std::multiset<std::string> lines;
  for (const auto& values : shell.sure("SELECT " + table.values + " FROM " + table.sql)) {
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::string text = values[i];
      if (table.columns[i].real && text != null) {
        text = std::string(given) + text_of(std::strtod(text.c_str() + given.size(), nullptr));
      }
      row[table.columns[i].name] = std::move(text);
    }
    lines.insert(line_of(row));
  }
  return lines;
}

/// The first line that only one of them has.
std::string first_only_in_one(const std::multiset<std::string>& here,
                              const std::multiset<std::string>& there) {
  const auto only_in = [](const auto& one, const auto& other, const char* where) -> std::string {
    for (const std::string& line : one) {
      if (one.count(line) != other.count(line)) return std::string(where) + ":\n" + line;
    }
    return "";
  };
  const std::string wrong = only_in(there, here, "in the table, not in the events");
  return wrong + only_in(here, there, "in the events, not in the table");
}

}  // namespace

Replay::Replay(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_only, Origin::usage);
  if (!database) give_up(database.error().message);
  auto events = database->prepare("SELECT type, data, id FROM event ORDER BY sequence");
  while (events && events->step().value_or(false)) {
    std::string type(events->bytes(0));
    event_ = std::string(events->bytes(2)) + " " + type + " ";
    const auto data = Json::parse(events->bytes(1));
    const std::string operation = take_last(type);
    ++operations_[operation];
    if (operation == "message") continue;
    // The database's name has no dot.
    if (data) {
      apply(type.substr(type.find('.') + 1), operation, *data);
    } else {
      wrong("is not JSON");
    }
  }
}

void Replay::wrong(const std::string& why) {
  if (wrong_.empty()) wrong_ = event_ + why;
}

void Replay::apply(const std::string& table, const std::string& operation, const Json& data) {
  Rows& rows = tables_[table];
  if (operation == "truncate") return rows.clear();
  std::string key;
  for (const auto& member : data["key"].members()) {
    key += member.name + " " + as_text(member.value) + "\n";
  }
  const auto found = rows.find(key);
  if ((operation == "insert") != (found == rows.end())) {
    return wrong(found == rows.end() ? "has no row: " + key : "has a row already: " + key);
  }
  if (operation == "delete") {
    removed_ = std::move(found->second);
    rows.erase(found);
  } else if (operation == "insert") {
    set(rows[key], &removed_, data["after"]);
  } else {
    const Row before = found->second;
    set(found->second, &before, data["after"]);
  }
}

/// If the key was changed, the row was deleted just before.
void Replay::set(Row& row, const Row* before, const Json& after) {
  row.clear();
  for (const auto& member : after.members()) {
    std::string& text = row[member.name];
    if (!member.value.contains("$unchanged")) {
      text = as_text(member.value);
      continue;
    }
    const auto known = before->find(member.name);
    if (known == before->end()) {
      wrong("leaves out what no event has had: " + member.name);
    } else {
      text = known->second;
      ++unchanged_;
    }
  }
}

std::string Replay::difference(const std::string& address) const {
  if (!wrong_.empty()) return wrong_;
  PostgresShell shell(address +
                      " options='-c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres "
                      "-c bytea_output=hex -c extra_float_digits=1 -c lc_monetary=C'");
  for (const auto& [name, table] : tables_of(shell)) {
    std::multiset<std::string> here;
    const auto rows = tables_.find(name);
    if (rows != tables_.end()) {
      for (const auto& [key, row] : rows->second) here.insert(line_of(row));
    }
    const std::string wrong = first_only_in_one(here, lines_of(shell, table));
    if (!wrong.empty()) return std::string(name).append(": ").append(wrong);
  }
  return "";
}

}  // namespace headwater::rig
