#include <gmock/gmock.h>

#include <algorithm>

#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;

class PositionCommand : public testing::Test {
 protected:
  void SetUp() override { site.fill(); }
  [[nodiscard]] std::string good(const std::vector<std::string>& words) const {
    const auto outcome = site.run(words);
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
    return outcome.output;
  }
  [[nodiscard]] Json last_event() const {
    return Json::parse(good({"tail", "-n", "1"})).value_or(Json());
  }
  Site site;
};

TEST_F(PositionCommand, ShowPrintsThePosition) {
  const std::string text = good({"position", "show"});
  EXPECT_THAT(text, HasSubstr("relay      orders\n"));
  EXPECT_THAT(text, HasSubstr("source     sqlite:"));
  EXPECT_THAT(text, HasSubstr("sequence   2\n"));
  EXPECT_THAT(text, HasSubstr("shop.db\n"));
}

TEST_F(PositionCommand, SetForwardLeavesAGapEvent) {
  site.sql("INSERT INTO orders(customer) VALUES ('eve'), ('mallory')");
  EXPECT_THAT(good({"position", "set", "latest"}),
              HasSubstr("2 unread changes will be missing from the stream; a gap event says so\n"));
  const auto gap = last_event();
  EXPECT_EQ(gap["type"], "shop.gap");
  EXPECT_THAT(gap["data"].dump(), HasSubstr("position set by an operator"));
  // The relay continues after them.
  site.sql("INSERT INTO orders(customer) VALUES ('zoe')");
  EXPECT_EQ(site.run({"run", "--until-current"}).exit, Exit{});
  EXPECT_EQ(last_event()["data"]["after"]["customer"], "zoe");
  EXPECT_THAT(good({"position", "show"}), HasSubstr("sequence   4\n"));
}

TEST_F(PositionCommand, SetWithoutUnreadChangesLeavesNoGap) {
  static_cast<void>(good({"position", "set", "latest"}));
  EXPECT_THAT(good({"position", "show"}), HasSubstr("sequence   2\n"));
}

TEST_F(PositionCommand, SetBackNeedsYes) {
  site.sql("INSERT INTO orders(customer) VALUES ('eve')");
  EXPECT_EQ(site.run({"run", "--until-current"}).exit, Exit{});
  const auto asked = site.run({"position", "set", "earliest"});
  EXPECT_EQ(asked.exit, usage);
  EXPECT_THAT(asked.errors, HasSubstr("will be published again"));
  EXPECT_THAT(asked.errors,
              HasSubstr("\n  next: headwater position -c shop.yaml set earliest --yes\n"));
  EXPECT_THAT(good({"position", "show"}), HasSubstr("sequence   3\n"));
  static_cast<void>(good({"position", "set", "earliest", "--yes"}));
  EXPECT_EQ(site.run({"run", "--until-current"}).exit, Exit{});
  const auto again = lines(good({"tail", "--from", "4"}));
  EXPECT_EQ(again.size(), 3U);
  EXPECT_EQ(std::ranges::count_if(again,
                                  [](const std::string& line) {
                                    return line.find("shop.orders.insert") != std::string::npos;
                                  }),
            1);
}

TEST_F(PositionCommand, ResetNeedsYes) {
  const auto asked = site.run({"position", "reset"});
  EXPECT_EQ(asked.exit, usage);
  EXPECT_THAT(asked.errors, HasSubstr("under the same ids"));
  EXPECT_THAT(asked.errors, HasSubstr("next: headwater position -c shop.yaml reset --yes\n"));
  EXPECT_THAT(good({"position", "reset", "--yes"}), HasSubstr("at the beginning"));
  EXPECT_THAT(good({"position", "show"}), HasSubstr("position   none yet\n"));
  EXPECT_EQ(site.run({"run", "--until-current"}).exit, Exit{});
  EXPECT_EQ(lines(good({"tail", "--from", "earliest"})).size(), 4U);
}

TEST_F(PositionCommand, ShowTakesSeveralRelays) {
  const std::string relay =
      "    source: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "    stream: { embedded: { path: events.db } }\n";
  site.configure("relays:\n  - relay: orders\n" + relay + "  - relay: again\n" + relay);
  const std::string text = good({"position", "show"});
  EXPECT_THAT(text, testing::StartsWith("relay      orders\n"));
  EXPECT_THAT(text, HasSubstr("sequence   2\n"));
  EXPECT_THAT(text, HasSubstr("\n\nrelay      again\n"));
  EXPECT_THAT(text, HasSubstr("position   none yet\n"));
  EXPECT_THAT(good({"position", "show", "--relay", "again"}),
              testing::StartsWith("relay      again\n"));
}

TEST_F(PositionCommand, ABrokenPositionAlwaysLeavesAGap) {
  site.sql("INSERT INTO orders(customer) VALUES ('eve'), ('mallory'), ('zoe')");
  site.sql("DELETE FROM _headwater_log WHERE seq <= 2");
  EXPECT_NE(site.run({"run", "--until-current"}).exit, Exit{});
  EXPECT_THAT(good({"position", "set", "earliest"}),
              HasSubstr("unread changes will be missing from the stream; a gap event says so\n"));
  EXPECT_EQ(last_event()["type"], "shop.gap");
  EXPECT_EQ(site.run({"run", "--until-current"}).exit, Exit{});
  EXPECT_EQ(last_event()["data"]["after"]["customer"], "zoe");
}

TEST_F(PositionCommand, NonsenseIsRefused) {
  const auto outcome = site.run({"position", "set", "yesterday"});
  EXPECT_NE(outcome.exit, Exit{});
  EXPECT_THAT(outcome.errors, HasSubstr("yesterday"));
  EXPECT_THAT(good({"position", "show"}), HasSubstr("sequence   2\n"));
}

}  // namespace
}  // namespace headwater::cli
