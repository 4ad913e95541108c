// headwater snapshot, beside relays that run, crash and stand by.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/test_rig.h"
#include "src/json/json.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using testing::HasSubstr;

constexpr std::uint64_t rows = 20000;

std::string text_of(const Json& event, std::string_view member) {
  return std::string(event[member].text().value_or("?"));
}

class SnapshotCommand : public testing::Test {
 protected:
  [[nodiscard]] std::string good(const std::vector<std::string>& words) const {
    const auto outcome = site.run(words);
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.output << outcome.errors;
    return outcome.output;
  }
  [[nodiscard]] std::vector<Json> events() const {
    std::vector<Json> all;
    for (const auto& line : lines(good({"tail", "--from", "earliest"}))) {
      all.push_back(Json::parse(line).value_or(Json()));
    }
    return all;
  }
  void fill_with_many() const {
    site.sql("WITH RECURSIVE n(i) AS (VALUES(3) UNION ALL SELECT i + 1 FROM n WHERE i < " +
             std::to_string(rows) + ") INSERT INTO orders SELECT i, 'c' || i, i FROM n");
    site.fill();
  }
  [[nodiscard]] std::uint64_t sequence() const {
    const std::string text = good({"position", "show"});
    return std::stoull(text.substr(text.find("sequence   ") + 11));
  }
  /// Every row is read as often as given, each time under another id, and the copy that a consumer
  /// would have is right.
  void expect_reads(int times) const {
    std::map<std::string, int> reads;
    std::set<std::string> ids;
    for (const auto& event : events()) {
      EXPECT_TRUE(ids.insert(text_of(event, "id")).second) << text_of(event, "id");
      if (text_of(event, "type") == "shop.orders.read") ++reads[text_of(event, "subject")];
    }
    EXPECT_EQ(reads.size(), rows);
    for (const auto& [key, count] : reads) EXPECT_EQ(count, times) << key;
    EXPECT_THAT(good({"verify"}), HasSubstr("stream and database agree"));
  }
  Site site;
};

TEST_F(SnapshotCommand, ARelayThatRunsReadsTheTableAgain) {
  site.fill();
  Process relay(site.command({"run"}));
  EXPECT_THAT(good({"snapshot", "orders"}),
              testing::StartsWith("orders will read orders again\n  to follow: headwater status"));
  ASSERT_TRUE(rig::wait_until([&] { return sequence() == 4; })) << relay.errors();
  site.sql("UPDATE orders SET cents = 1 WHERE id = 2");
  ASSERT_TRUE(rig::wait_until([&] { return sequence() == 5; })) << relay.errors();
  const auto all = events();
  EXPECT_EQ(text_of(all[2], "type"), "shop.orders.read");
  EXPECT_EQ(all[2]["data"]["after"], all[0]["data"]["after"]);
  EXPECT_NE(text_of(all[2], "id"), text_of(all[0], "id"));
  EXPECT_THAT(good({"verify"}), HasSubstr("repeated                               0\n"));
  EXPECT_EQ(relay.terminate(), Exit{});
}

TEST_F(SnapshotCommand, RefusesWhatItCannotDo) {
  const auto early = site.run({"snapshot", "orders"});
  EXPECT_EQ(early.exit, stream_error);
  EXPECT_THAT(early.errors, HasSubstr("next: headwater init -c shop.yaml\n"));
  site.sql("CREATE TABLE notes(id INTEGER PRIMARY KEY)");
  site.fill();
  const auto unknown = site.run({"snapshot", "ordres"});
  EXPECT_EQ(unknown.exit, source_error);
  EXPECT_THAT(unknown.errors, HasSubstr("there is no table ordres in shop.db; did you mean"));
  const auto other = site.run({"snapshot", "notes"});
  EXPECT_EQ(other.exit, source_error);
  EXPECT_THAT(other.errors, HasSubstr("relay orders does not publish table notes"));
  const auto some = site.run({"snapshot", "orders", "--where", "state = 'paid'"});
  EXPECT_EQ(some.exit, usage);
  EXPECT_THAT(some.errors, HasSubstr("no such column: state"));
  EXPECT_EQ(site.run({"snapshot"}).exit, usage);
  static_cast<void>(good({"snapshot", "orders", "--where", "customer = 'bob'"}));
  const auto twice = site.run({"snapshot", "orders"});
  EXPECT_EQ(twice.exit, source_error);
  EXPECT_THAT(twice.errors, HasSubstr("next: wait until `headwater status -c shop.yaml` shows no"));
  static_cast<void>(good({"run", "--until-current"}));
  EXPECT_EQ(sequence(), 3U);
}

TEST_F(SnapshotCommand, ARelayKilledInTheMiddleContinuesThere) {
  fill_with_many();
  static_cast<void>(good({"snapshot", "orders"}));
  const std::uint64_t first = sequence();
  ASSERT_EQ(first, rows);
  for (std::uint64_t part = 1; part < 4; ++part) {
    // Each append has a part of the rows.
    Process relay({.words = {RELAY_UNDER_TEST, "shop.yaml", "die", "after_append", "1"},
                   .folder = site / ""});
    EXPECT_EQ(relay.wait(), (Exit{.code = 0, .signal = SIGKILL})) << relay.errors();
    EXPECT_GT(sequence(), first);
    EXPECT_LT(sequence(), 2 * rows);
    site.sql("UPDATE orders SET cents = cents + 1 WHERE id % 1000 = " + std::to_string(part));
  }
  static_cast<void>(good({"run", "--until-current"}));
  expect_reads(2);
}

TEST_F(SnapshotCommand, TwoRelaysAndABusyWriterReadEachRowOnce) {
  fill_with_many();
  Process one(site.command({"run"}));
  Process two(site.command({"run"}));
  static_cast<void>(good({"snapshot", "orders"}));
  for (int i = 0; i < 200; ++i) {
    site.sql("UPDATE orders SET cents = cents + 1 WHERE id = " + std::to_string(1 + i * 97));
    if (i != 20) continue;
    EXPECT_EQ(one.kill().signal, SIGKILL);
  }
  EXPECT_TRUE(rig::wait_until([&] { return sequence() == 2 * rows + 200; }))
      << one.errors() << two.errors();
  EXPECT_EQ(two.terminate(), Exit{});
  expect_reads(2);
}

}  // namespace
}  // namespace headwater::cli
