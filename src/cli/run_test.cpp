#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "src/cli/test_rig.h"
#include "src/json/json.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using testing::HasSubstr;

bool says(Process& process, const std::string& words) {
  return rig::wait_until([&] {
           return process.errors().find(words) != std::string::npos || !process.running();
         }) &&
         process.errors().find(words) != std::string::npos;
}

std::int64_t events_in(const Site& site, const std::string& stream = "events.db") {
  auto database = sqlite::Database::open(site / stream, sqlite::Open::read_only, Origin::usage);
  return database ? database->integer("SELECT count(*) FROM events").value_or(-1) : -1;
}

TEST(Run, UntilCurrentEndsByItself) {
  const Site site;
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  const auto outcome = site.run({"run", "--until-current"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_EQ(outcome.output, "");
  EXPECT_THAT(
      outcome.errors,
      HasSubstr("info    orders: sqlite shop.db -> embedded stream events.db, exactly once, "
                "from the beginning\n"));
  EXPECT_THAT(outcome.errors, HasSubstr("orders: leading"));
  EXPECT_THAT(outcome.errors, HasSubstr("orders: stopped after 2 events, at event 2\n"));
  EXPECT_EQ(events_in(site), 2);
}

TEST(Run, BothSignalsStopItCleanly) {
  const Site site;
  site.fill();
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process(site.command({"run"}));
    ASSERT_TRUE(says(process, "leading")) << process.errors();
    process.signal(signal);
    const auto exit = process.wait();
    ASSERT_TRUE(exit);
    EXPECT_EQ(*exit, Exit{}) << process.errors();
    EXPECT_THAT(process.errors(), HasSubstr("stopped after 0 events, at event 2"));
  }
}

TEST(Run, ContinuesWhereTheStreamEnds) {
  const Site site;
  site.fill();
  site.sql("UPDATE orders SET cents = 2099 WHERE id = 1");
  const auto outcome = site.run({"run", "--until-current"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr(", position: "));
  EXPECT_EQ(events_in(site), 3);
}

TEST(Run, TheLogAsJsonIsOneObjectALine) {
  const Site site;
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  const auto outcome = site.run({"run", "--until-current", "--log", "json"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  std::vector<std::string> events;
  for (const std::string& line : lines(outcome.errors)) {
    const auto json = Json::parse(line);
    ASSERT_TRUE(json && json->is_object()) << line;
    for (const char* field : {"time", "level", "event", "message"})
      EXPECT_TRUE((*json)[field].text());
    EXPECT_EQ((*json)["relay"], "orders");
    events.emplace_back((*json)["event"].text().value_or(""));
  }
  EXPECT_THAT(events, testing::Contains("relay.begin"));
  EXPECT_THAT(events, testing::Contains("relay.leading"));
  EXPECT_EQ(events.back(), "relay.stopped");
}

TEST(Run, TheLogLevelFiltersLines) {
  const Site site;
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  const auto outcome = site.run({"run", "--until-current", "--log-level", "error"});
  EXPECT_EQ(outcome.exit, Exit{});
  EXPECT_EQ(outcome.errors, "");
}

TEST(Run, BeforeInitIsAnError) {
  const Site site;
  const auto outcome = site.run({"run"});
  EXPECT_EQ(outcome.exit, stream_error) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("\n  next: headwater init -c shop.yaml\n"));
}

TEST(Run, AnUnpreparedDatabaseIsAnErrorOfTheSource) {
  const Site site;
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(site / (std::string("shop.db") + suffix));
  }
  site.sql("CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER)");
  const auto outcome = site.run({"run"});
  EXPECT_EQ(outcome.exit, source_error) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("\n  next: headwater init -c shop.yaml\n"));
}

TEST(Run, OneFailingRelayDoesNotStopTheOthers) {
  const Site site;
  const std::string source = "    source: { sqlite: { path: shop.db, tables: [orders] } }\n";
  site.configure("relays:\n  - relay: a\n" + source +
                 "    stream: { embedded: { path: a.db } }\n  - relay: b\n" + source +
                 "    stream: { embedded: { path: b.db } }\n");
  ASSERT_EQ(site.run({"init", "--relay", "b"}).exit, Exit{});
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "error: a: ")) << process.errors();
  EXPECT_THAT(process.errors(), HasSubstr("next: headwater init -c shop.yaml --relay a\n"));
  EXPECT_TRUE(rig::wait_until([&] { return events_in(site, "b.db") == 2; }));
  EXPECT_TRUE(process.running());
  process.signal(SIGTERM);
  const auto exit = process.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, stream_error) << process.errors();
}

TEST(Run, StdoutIsTheStreamAndNothingElse) {
  const Site site;
  site.configure(
      "relay: orders\nsource: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "stream: { stdout: { position: orders.position } }\n");
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  const auto outcome = site.run({"run", "--until-current"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("at least once"));
  const auto events = lines(outcome.output);
  ASSERT_EQ(events.size(), 2U);
  for (const std::string& line : events) {
    EXPECT_EQ(Json::parse(line).value_or(Json())["type"], "shop.orders.read");
  }
}

}  // namespace
}  // namespace headwater::cli
