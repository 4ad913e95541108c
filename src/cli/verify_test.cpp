#include <gmock/gmock.h>

#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;

constexpr Exit difference{.code = 1};

TEST(Verify, AgreementIsZero) {
  const Site site;
  site.fill();
  const auto text = site.run({"verify"});
  EXPECT_EQ(text.exit, Exit{}) << text.output << text.errors;
  EXPECT_THAT(text.output, HasSubstr("stream and database agree\n"));
  const auto json = site.run({"verify", "--json"});
  EXPECT_EQ(json.exit, Exit{}) << json.errors;
  const auto report = Json::parse(json.output);
  ASSERT_TRUE(report && report->is_object()) << json.output;
  EXPECT_EQ((*report)["agree"], true);
}

TEST(Verify, ADifferenceIsOne) {
  const Site site;
  site.fill();
  // Without the triggers, like a restored table.
  site.sql(
      "PRAGMA writable_schema = ON;"
      "DELETE FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'orders';"
      "PRAGMA writable_schema = RESET;"
      "UPDATE orders SET cents = 1 WHERE id = 1");
  const auto text = site.run({"verify"});
  EXPECT_EQ(text.exit, difference) << text.output << text.errors;
  EXPECT_THAT(text.output, HasSubstr("stream and database DIFFER\n"));
  EXPECT_THAT(text.output, HasSubstr("cents"));
}

TEST(Verify, AMissingStreamIsAnErrorOfTheStream) {
  const Site site;
  const auto outcome = site.run({"verify"});
  EXPECT_EQ(outcome.exit, stream_error) << outcome.errors;
}

}  // namespace
}  // namespace headwater::cli
