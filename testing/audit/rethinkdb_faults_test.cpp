// The same for RethinkDB, whose documents each have numbered versions: on the stand-in or, where one
// is found, on a real server.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/sqlite/database.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

/// Two existing rows (events 1 and 2), then four changes (events 3 to 6).
class RethinkFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    static int tests = 0;
    database_ = "shop" + std::to_string(++tests);
    write_file(folder_ / "headwater.yaml",
               "relay: orders\n"
               "source: { rethinkdb: { host: '" +
                   server().host() + "', tables: " + database_ +
                   ".orders, snapshot: initial } }\n"
                   "stream: { embedded: { path: events.db } }\n");
    server().run(Term::call(rethinkdb::admin::db_create, {database_}));
    server().run(Term::call(TermType::db, {database_}).then(TermType::table_create, {"orders"}));
    server().run(orders().then(TermType::wait));
    write(1, "placed");
    write(2, "placed");
    expect_done("init");
    expect_done("run", "--until-current");
    write(3, "placed");
    expect_done("run", "--until-current");
    remove(2);
    expect_done("run", "--until-current");
    write(1, "paid");
    write(1, "shipped");
    expect_done("run", "--until-current");
  }

  static RethinkServer& server() {
    static RethinkServer server;
    return server;
  }
  [[nodiscard]] Term orders() const { return rethinkdb::table(database_, "orders"); }
  void write(int id, const std::string& state) {
    server().run(orders().then(TermType::insert, {Term::object({{"id", id}, {"state", state}})},
                               {{"conflict", "replace"}}));
  }
  void remove(int id) {
    const Term gone = Term::object({{"_hw", Term::object({{"gone", true}})}});
    server().run(orders().then(TermType::get, {id}).then(TermType::update, {gone}));
  }

  void plant(const std::string& statements) {
    auto database =
        sqlite::Database::open(folder_ / "events.db", sqlite::Open::read_write, Origin::usage);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  Outcome headwater(const std::string& command, const std::string& option) {
    std::vector<std::string> words{HEADWATER, command, "-c", folder_ / "headwater.yaml"};
    if (!option.empty()) words.push_back(option);
    return rig::run({.words = std::move(words)});
  }
  void expect_done(const std::string& command, const std::string& option = "") {
    const Outcome ran = headwater(command, option);
    ASSERT_EQ(ran.exit, Exit{}) << ran.output << ran.errors;
  }
  /// The report of verify, whose exit code must match.
  Json verify() {
    const Outcome ran = headwater("verify", "--json");
    Json report = Json::parse(ran.output).value_or(Json());
    EXPECT_TRUE(report.is_object()) << ran.output << ran.errors;
    EXPECT_EQ(ran.exit, Exit{.code = report["agree"] == true ? 0 : 1});
    return report;
  }
  static void expect_ids(const Json& report, int lost, int repeated, int out_of_order) {
    EXPECT_EQ(report["lost"], lost) << report.dump(2);
    EXPECT_EQ(report["repeated"], repeated) << report.dump(2);
    EXPECT_EQ(report["out_of_order"], out_of_order) << report.dump(2);
    EXPECT_EQ(report["agree"], false);
  }

  TemporaryFolder folder_;
  std::string database_;
};

TEST_F(RethinkFaults, WithoutAFaultNoneIsFound) {
  write(3, "paid");
  const Json report = verify();
  EXPECT_EQ(report["agree"], true) << report.dump(2);
  EXPECT_EQ(report["events"], 6);
  EXPECT_EQ(report["published"], 4);
  EXPECT_EQ(report["pending"], 1);
  EXPECT_EQ(report["committed"], 5);
  EXPECT_EQ(report["unproven"], 0);
  EXPECT_EQ(report["tables"][0]["equal"], 2);
}

TEST_F(RethinkFaults, LostEventsAreLostAndTheirRowsDiffer) {
  plant("DELETE FROM events WHERE sequence IN (3, 4, 5)");
  const Json report = verify();
  expect_ids(report, 3, 0, 0);
  ASSERT_EQ(report["differences"].size(), 2U) << report.dump(2);
  EXPECT_EQ(report["differences"][0]["kind"], "only in database");
  EXPECT_EQ(report["differences"][0]["key"], R"({"id":3})");
  EXPECT_EQ(report["differences"][1]["kind"], "only in stream");
  EXPECT_EQ(report["differences"][1]["key"], R"({"id":2})");
}

TEST_F(RethinkFaults, ADuplicatedEventIsRepeated) {
  plant(
      "UPDATE events SET sequence = 7 WHERE sequence = 6;"
      "INSERT INTO events SELECT 6, kind, time, id, subject, partition_key, data FROM events"
      "  WHERE sequence = 5;"
      "UPDATE relays SET sequence = 7");
  expect_ids(verify(), 0, 1, 0);
}

TEST_F(RethinkFaults, SwappedEventsOfADocumentAreOutOfOrder) {
  plant(
      "UPDATE events SET sequence = -1 WHERE sequence = 5;"
      "UPDATE events SET sequence = 5 WHERE sequence = 6;"
      "UPDATE events SET sequence = 6 WHERE sequence = -1");
  expect_ids(verify(), 0, 0, 1);
}

TEST_F(RethinkFaults, AnAlteredEventIsNamedWithItsField) {
  plant(R"(UPDATE events SET data = replace(data, 'shipped', 'placed') WHERE sequence = 6)");
  const Json report = verify();
  expect_ids(report, 0, 0, 0);
  ASSERT_EQ(report["differences"].size(), 1U) << report.dump(2);
  EXPECT_EQ(report["differences"][0]["sequence"], 6);
  EXPECT_EQ(report["differences"][0]["columns"],
            Json::parse(R"([{"column":"state","stream":"\"placed\"","database":"\"shipped\""}])")
                .value());
}

TEST_F(RethinkFaults, AWritePastTheHookIsADifference) {
  server().run(orders()
                   .then(TermType::get, {3})
                   .then(TermType::update, {Term::object({{"state", "secret"}})},
                         {{"ignore_write_hook", true}}));
  const Json report = verify();
  expect_ids(report, 0, 0, 0);
  EXPECT_EQ(report["tables"][0]["different"], 1) << report.dump(2);
}

}  // namespace
}  // namespace headwater::rig
