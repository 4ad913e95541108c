#include "src/demo/audit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headwater::demo {
namespace {

constexpr const char* verified = R"({"agree":true,"committed":3,"published":3,"lost":0,
  "repeated":0,"out_of_order":0,"tables":[
  {"rows":2,"different":0,"only_in_stream":0,"only_in_database":0}]})";

sqlite::Database shop_with_log(int changes) {
  auto shop = sqlite::Database::open("", sqlite::Open::create, Origin::source);
  EXPECT_TRUE(shop->execute("CREATE TABLE _headwater_log(seq INTEGER PRIMARY KEY)"));
  for (int i = 1; i <= changes; ++i) {
    EXPECT_TRUE(shop->execute("INSERT INTO _headwater_log VALUES (" + std::to_string(i) + ")"));
  }
  return std::move(*shop);
}

DemoAudit audit(std::uint64_t committed, int logged, const std::vector<int>& events,
                const std::string& json = verified) {
  Reader reader;
  for (const int event : events) {
    reader.take(R"({"id":"u:)" + std::to_string(event) +
                    R"(","type":"shop.orders.insert","time":"2026-11-23T08:15:30.100Z",)" +
                    R"("sequence":"1","data":{"op":"insert","after":null}})",
                WallTime{});
  }
  auto shop = shop_with_log(logged);
  auto found = read_verify(json);
  EXPECT_TRUE(found);
  EXPECT_TRUE(count_by_hand(*found, committed, reader, shop));
  return *found;
}

TEST(DemoAudit, CleanWhenBothCountsAgree) {
  const DemoAudit found = audit(3, 3, {1, 2, 3});
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.rows, 2U);
}

TEST(DemoAudit, AnEventThatIsMissingIsLost) {
  const DemoAudit found = audit(3, 3, {1, 3});
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(found.counted.lost, 1U);
}

TEST(DemoAudit, AChangeTheCaptureMissedIsLost) {
  const DemoAudit found = audit(4, 3, {1, 2, 3});
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(found.counted.lost, 1U);
}

TEST(DemoAudit, MoreChangesThanWereCommittedAreNotClean) {
  EXPECT_FALSE(audit(2, 3, {1, 2, 3}).clean());
}

TEST(DemoAudit, RepeatsAndWrongOrderAreNotClean) {
  EXPECT_FALSE(audit(3, 3, {1, 2, 2, 3}).clean());
  EXPECT_FALSE(audit(3, 3, {2, 1, 3}).clean());
}

TEST(DemoAudit, FindingsOfVerifyAreNotClean) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {R"("agree":true)", R"("agree":false)"},
           {R"("lost":0)", R"("lost":1)"},
           {R"("repeated":0)", R"("repeated":1)"},
           {R"("out_of_order":0)", R"("out_of_order":1)"},
           {R"("published":3)", R"("published":2)"},
           {R"("different":0)", R"("different":1)"}}) {
    std::string json = verified;
    json.replace(json.find(from), from.size(), to);
    EXPECT_FALSE(audit(3, 3, {1, 2, 3}, json).clean()) << to;
  }
}

TEST(DemoAudit, RefusesAMalformedReport) {
  EXPECT_FALSE(read_verify("").has_value());
  EXPECT_FALSE(read_verify("{}").has_value());
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{R"("agree":true)", R"("agree":1)"},
                                                        {R"("lost":0)", R"("lost":-1)"},
                                                        {R"("lost":0)", R"("lost":0.5)"},
                                                        {R"("repeated":0)", R"("repeated":null)"},
                                                        {R"("published":3)", R"("published":"3")"},
                                                        {R"("rows":2)", R"("rows":[2])"},
                                                        {R"("tables":[)", R"("tables":7,"t":[)"}}) {
    std::string json = verified;
    json.replace(json.find(from), from.size(), to);
    const auto read = read_verify(json);
    ASSERT_FALSE(read) << to;
    EXPECT_EQ(read.error().name, "demo.audit");
  }
}

}  // namespace
}  // namespace headwater::demo
