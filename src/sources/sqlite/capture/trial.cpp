#include "src/sources/sqlite/capture/trial.h"

#include <utility>

#include "src/sources/sqlite/capture/log_tables.h"

namespace headwater::sqlite {
namespace {

/// The words after the database's name.
std::string words_of(const Database& database, const Error& error) {
  const std::string prefix = database.path() + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

bool needs_what_is_not_here(const std::string& why) {
  return why.find("no such function") != std::string::npos ||
         why.find("unknown function") != std::string::npos ||
         why.find("no such collation") != std::string::npos;
}

}  // namespace

Result<Trial> Trial::open() {
  auto database = Database::open(":memory:", Open::create, Origin::source);
  if (!database) return failed(database);
  if (auto made = create_log(*database, 0); !made) return failed(made);
  return Trial(std::move(*database));
}

Result<Verdict> Trial::of(const TableInfo& table, const std::vector<Trigger>& triggers) {
  Verdict verdict;
  auto tried = database_.transaction("", [&]() -> Result<void> {
    if (auto room = make_room(database_, table.width()); !room) return failed(room);
    const auto passes = [&](const Result<void>& result) {
      if (!result) verdict.why_not = words_of(database_, result.error());
      return result.has_value();
    };
    if (!passes(database_.execute(table.definition))) {
      verdict.known = false;
      return {};
    }
    for (const Trigger& trigger : triggers) {
      if (!passes(database_.execute(trigger.sql))) return {};
    }
    verdict.why_not = why_not_writable(database_, table);
    return {};
  });
  if (!tried) return failed(tried);
  if (needs_what_is_not_here(verdict.why_not)) verdict.known = false;
  if (!verdict.known) verdict.why_not.clear();
  auto gone = database_.execute("DROP TABLE IF EXISTS main." + quote_name(table.name));
  if (!gone) return failed(gone);
  return verdict;
}

std::string why_not_writable(Database& database, const TableInfo& table) {
  const std::string name = "main." + quote_name(table.name);
  std::vector<std::string> statements{"INSERT INTO " + name + " DEFAULT VALUES",
                                      "DELETE FROM " + name};
  std::string all;
  for (const auto& column : table.columns) {
    if (column.generated) continue;
    const std::string quoted = quote_name(column.name);
    all.append(all.empty() ? "" : ", ").append(quoted).append(" = ").append(quoted);
  }
  if (!all.empty()) statements.push_back("UPDATE " + name + " SET " + all);
  for (const auto& sql : statements) {
    auto statement = database.prepare(sql);
    if (!statement) return words_of(database, statement.error());
  }
  return {};
}

}  // namespace headwater::sqlite
