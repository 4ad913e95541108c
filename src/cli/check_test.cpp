#include <gmock/gmock.h>

#include <filesystem>

#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;

constexpr Exit problem{.code = 1};

TEST(Check, PrintsAFindingALine) {
  const Site site;
  site.fill();
  const auto outcome = site.run({"check"});
  EXPECT_THAT(outcome.output, HasSubstr("  ok       configuration: shop.yaml can be used\n"));
  EXPECT_THAT(outcome.output, HasSubstr("  ok       position: "));
  EXPECT_EQ(outcome.errors, "");
}

TEST(Check, AProblemHasANextStep) {
  const Site site;
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, problem) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("  PROBLEM  "));
  EXPECT_THAT(outcome.output, HasSubstr("             next: headwater init -c shop.yaml\n"));
  EXPECT_FALSE(std::filesystem::exists(site / "events.db")) << "check changes nothing";
}

TEST(Check, AsJson) {
  const Site site;
  const auto outcome = site.run({"check", "--json"});
  EXPECT_EQ(outcome.exit, problem);
  const auto report = Json::parse(outcome.output);
  ASSERT_TRUE(report && report->is_array()) << outcome.output;
  const Json& relay = (*report)[0];
  EXPECT_EQ(relay["relay"], "orders");
  EXPECT_EQ(relay["problem"], true);
  EXPECT_EQ(relay["findings"][0]["kind"], "ok");
}

}  // namespace
}  // namespace headwater::cli
