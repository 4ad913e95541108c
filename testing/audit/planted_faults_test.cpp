#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/sqlite/database.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

/// Three existing rows (events 1 to 3), then five changes (events 4 to 8).
class PlantedFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ / "headwater.yaml",
               "relay: orders\n"
               "source: { sqlite: { path: shop.db, tables: all } }\n"
               "stream: { embedded: { path: events.db } }\n");
    sql("shop.db",
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, state TEXT, cents INTEGER);"
        "INSERT INTO orders VALUES (1, 'placed', 100), (2, 'placed', 200), (3, 'placed', 300)");
    expect_done("init");
    expect_done("run", "--until-current");
    sql("shop.db",
        "INSERT INTO orders VALUES (4, 'placed', 400);"
        "UPDATE orders SET state = 'paid' WHERE id = 1;"
        "UPDATE orders SET state = 'paid' WHERE id = 2;"
        "DELETE FROM orders WHERE id = 3;"
        "INSERT INTO orders VALUES (5, 'placed', 500)");
    expect_done("run", "--until-current");
  }

  void sql(const std::string& file, const std::string& statements) {
    auto database = sqlite::Database::open(folder_ / file, sqlite::Open::create, Origin::usage);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  Outcome headwater(const std::string& command, const std::string& option) {
    std::vector<std::string> words{HEADWATER, command, "-c", folder_ / "headwater.yaml"};
    if (!option.empty()) words.push_back(option);
    return run({.words = std::move(words)});
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
};

TEST_F(PlantedFaults, WithoutAFaultNoneIsFound) {
  const Json report = verify();
  EXPECT_EQ(report["agree"], true) << report.dump(2);
  EXPECT_EQ(report["committed"], 5);
  EXPECT_EQ(report["published"], 5);
  EXPECT_EQ(report["events"], 8);
  EXPECT_EQ(report["tables"][0]["equal"], 4);
}

TEST_F(PlantedFaults, ALostInsertIsLostAndItsRowIsOnlyInTheDatabase) {
  sql("events.db", "DELETE FROM events WHERE sequence = 4");
  const Json report = verify();
  expect_ids(report, 1, 0, 0);
  ASSERT_EQ(report["differences"].size(), 1U) << report.dump(2);
  EXPECT_EQ(report["differences"][0]["kind"], "only in database");
  EXPECT_EQ(report["differences"][0]["key"], R"({"id":4})");
}

TEST_F(PlantedFaults, ALostDeleteIsLostAndItsRowIsOnlyInTheStream) {
  sql("events.db", "DELETE FROM events WHERE sequence = 7");
  const Json report = verify();
  expect_ids(report, 1, 0, 0);
  ASSERT_EQ(report["differences"].size(), 1U) << report.dump(2);
  EXPECT_EQ(report["differences"][0]["kind"], "only in stream");
  EXPECT_EQ(report["differences"][0]["key"], R"({"id":3})");
}

TEST_F(PlantedFaults, ALostSnapshotRowIsOnlyInTheDatabase) {
  sql("events.db", "DELETE FROM events WHERE subject = '2'");
  const Json report = verify();
  expect_ids(report, 1, 0, 0);
  EXPECT_EQ(report["tables"][0]["only_in_database"], 1);
}

TEST_F(PlantedFaults, ADuplicatedEventIsRepeated) {
  // The last event moves one sequence on, and a copy of the one before takes its place.
  sql("events.db",
      "UPDATE events SET sequence = 9 WHERE sequence = 8;"
      "INSERT INTO events SELECT 8, kind, time, id, subject, partition_key, data FROM events"
      "  WHERE sequence = 7;"
      "UPDATE relays SET sequence = 9");
  const Json report = verify();
  expect_ids(report, 0, 1, 0);
  EXPECT_EQ(report["published"], 5) << "each counts once";
}

TEST_F(PlantedFaults, SwappedEventsAreOutOfOrder) {
  sql("events.db",
      "UPDATE events SET sequence = -1 WHERE sequence = 5;"
      "UPDATE events SET sequence = 5 WHERE sequence = 6;"
      "UPDATE events SET sequence = 6 WHERE sequence = -1");
  expect_ids(verify(), 0, 0, 1);
}

TEST_F(PlantedFaults, AnAlteredEventIsNamedWithItsColumn) {
  sql("events.db",
      R"(UPDATE events SET data = replace(data, '"cents":500', '"cents":501') WHERE sequence = 8)");
  const Json report = verify();
  expect_ids(report, 0, 0, 0);
  ASSERT_EQ(report["differences"].size(), 1U) << report.dump(2);
  const Json& difference = report["differences"][0];
  EXPECT_EQ(difference["kind"], "differs");
  EXPECT_EQ(difference["sequence"], 8);
  EXPECT_EQ(difference["columns"],
            Json::parse(R"([{"column":"cents","stream":"501","database":"500"}])").value());
}

TEST_F(PlantedFaults, UnpublishedChangesAreNotFaults) {
  sql("shop.db", "UPDATE orders SET state = 'shipped'; DELETE FROM orders WHERE id = 4");
  const Json report = verify();
  EXPECT_EQ(report["agree"], true) << report.dump(2);
  EXPECT_EQ(report["pending"], 5);
}

/// Rows 1, 2, 4 and 5 once more (events 9 to 12).
class PlantedFaultsAfterASnapshot : public PlantedFaults {
 protected:
  void SetUp() override {
    PlantedFaults::SetUp();
    expect_done("snapshot", "orders");
    expect_done("run", "--until-current");
  }
};

TEST_F(PlantedFaultsAfterASnapshot, WithoutAFaultNoneIsFound) {
  const Json report = verify();
  EXPECT_EQ(report["agree"], true) << report.dump(2);
  EXPECT_EQ(report["committed"], 5);
  EXPECT_EQ(report["events"], 12);
}

TEST_F(PlantedFaultsAfterASnapshot, AnAlteredRowIsNamedWithItsColumn) {
  sql("events.db",
      R"(UPDATE events SET data = replace(data, '"cents":100', '"cents":101') WHERE sequence = 9)");
  const Json report = verify();
  expect_ids(report, 0, 0, 0);
  ASSERT_EQ(report["differences"].size(), 1U) << report.dump(2);
  EXPECT_EQ(report["differences"][0]["sequence"], 9);
}

TEST_F(PlantedFaultsAfterASnapshot, AChangeThatItsRowCoversIsLostAllTheSame) {
  sql("events.db", "DELETE FROM events WHERE sequence = 5");
  const Json report = verify();
  expect_ids(report, 1, 0, 0);
  EXPECT_EQ(report["differences"].size(), 0U) << report.dump(2);
}

TEST_F(PlantedFaultsAfterASnapshot, ARowThatIsMissingEverywhereIsOnlyInTheDatabase) {
  sql("events.db", "DELETE FROM events WHERE subject = '2'");
  const Json report = verify();
  expect_ids(report, 1, 0, 0);
  EXPECT_EQ(report["tables"][0]["only_in_database"], 1);
}

TEST_F(PlantedFaultsAfterASnapshot, ARowReadTwiceIsRepeated) {
  sql("events.db",
      "UPDATE events SET id = (SELECT id FROM events WHERE sequence = 9) WHERE sequence = 10");
  EXPECT_EQ(verify()["repeated"], 1);
}

}  // namespace
}  // namespace headwater::rig
