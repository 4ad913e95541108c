#include "src/cli/test_rig.h"

#include <sstream>

namespace headwater::cli {

Site::Site() {
  sql("PRAGMA journal_mode = WAL;"
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT NOT NULL, cents INTEGER);"
      "INSERT INTO orders(customer, cents) VALUES ('ada', 1999), ('bob', 500);");
  configure(
      "relay: orders\n"
      "source:\n"
      "  sqlite: { path: shop.db, tables: [orders] }\n"
      "stream:\n"
      "  embedded: { path: events.db }\n");
}

void Site::sql(const std::string& statements) const {
  auto database = sqlite::Database::open(folder_ / "shop.db", sqlite::Open::create, Origin::usage);
  ASSERT_TRUE(database) << database.error().message;
  auto done = database->execute(statements);
  ASSERT_TRUE(done) << done.error().message;
}

void Site::configure(const std::string& yaml) const {
  rig::write_file(folder_ / "shop.yaml", yaml);
}

rig::Command Site::command(std::vector<std::string> words) const {
  words.insert(words.begin(), HEADWATER_PROGRAM);
  words.insert(words.begin() + 2, {"-c", "shop.yaml"});
  return {.words = std::move(words), .folder = folder_.path().string()};
}

void Site::fill() const {
  const rig::Outcome init = run({"init"});
  ASSERT_EQ(init.exit, rig::Exit{}) << init.output << init.errors;
  const rig::Outcome relayed = run({"run", "--until-current"});
  ASSERT_EQ(relayed.exit, rig::Exit{}) << relayed.errors;
}

rig::Outcome headwater(std::vector<std::string> words) {
  words.insert(words.begin(), HEADWATER_PROGRAM);
  return rig::run({.words = std::move(words)});
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream from(text);
  for (std::string line; std::getline(from, line);) all.push_back(line);
  return all;
}

}  // namespace headwater::cli
