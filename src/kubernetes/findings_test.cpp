#include "src/kubernetes/findings.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "src/json/json.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::kubernetes {
namespace {

LintReport one() {
  return {
      .objects = 2,
      .relays = {{"a.yaml", 7, "Deployment", "shop", "orders", false}},
      .findings = {{"sub folder/a.yaml", 12, Rule::grace_period, "what\nis wrong", "do `this`"}}};
}

TEST(Findings, AsText) {
  EXPECT_EQ(to_text(one()), "sub folder/a.yaml:12: grace-period: what\\nis wrong\n    why: " +
                                std::string(text_of(Rule::grace_period).why) +
                                "\n    next: do `this`\n");
  EXPECT_EQ(to_text({}), "");
}

TEST(Findings, AsJson) {
  const std::optional<Json> json = Json::parse(to_json(one()));
  ASSERT_TRUE(json);
  const Json& relay = (*json)["relays"][0U];
  EXPECT_EQ(relay["file"].text(), "a.yaml");
  EXPECT_EQ(relay["line"].integer(), 7);
  EXPECT_EQ(relay["kind"].text(), "Deployment");
  EXPECT_EQ(relay["namespace"].text(), "shop");
  EXPECT_EQ(relay["name"].text(), "orders");
  EXPECT_EQ(relay["assumed"].boolean(), false);
  const Json& finding = (*json)["findings"][0U];
  EXPECT_EQ(finding["rule"].text(), "grace-period");
  EXPECT_EQ(finding["what"].text(), "what\nis wrong");
  EXPECT_EQ(finding["next"].text(), "do `this`");
  EXPECT_EQ(finding["why"].text(), text_of(Rule::grace_period).why);
  EXPECT_EQ(
      Json::parse(to_json({})),
      (Json{{"relays", Json::array()}, {"skipped", Json::array()}, {"findings", Json::array()}}));
}

// The members that SARIF 2.1.0 requires (sections 3.13, 3.14, 3.18, 3.19, 3.27), and those by which
// code scanning shows a result in its place.
TEST(Findings, AsSarif) {
  const std::optional<Json> json = Json::parse(to_sarif(one(), "1.2.3"));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["version"].text(), "2.1.0");
  ASSERT_EQ((*json)["runs"].size(), 1U);
  const Json& run = (*json)["runs"][0U];
  const Json& driver = run["tool"]["driver"];
  EXPECT_EQ(driver["name"].text(), "headwater k8s lint");
  EXPECT_EQ(driver["version"].text(), "1.2.3");
  ASSERT_EQ(driver["rules"].size(), all_rules().size());
  for (const Json& rule : driver["rules"].elements()) {
    EXPECT_TRUE(rule["id"].text());
    EXPECT_TRUE(rule["shortDescription"]["text"].text());
    EXPECT_TRUE(rule["fullDescription"]["text"].text());
  }
  ASSERT_EQ(run["results"].size(), 1U);
  const Json& result = run["results"][0U];
  EXPECT_EQ(result["ruleId"].text(), "grace-period");
  const auto index = result["ruleIndex"].unsigned_integer();
  ASSERT_TRUE(index);
  EXPECT_EQ(driver["rules"][*index]["id"].text(), "grace-period");
  EXPECT_EQ(result["level"].text(), "error");
  EXPECT_EQ(result["message"]["text"].text(), "what\\nis wrong. Next: do `this`");
  const Json& place = result["locations"][0U]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"].text(), "sub%20folder/a.yaml");
  EXPECT_EQ(place["region"]["startLine"].integer(), 12);
  // A run without results has looked: the member is there, and empty.
  EXPECT_TRUE((*Json::parse(to_sarif({}, "1")))["runs"][0U]["results"].is_array());
}

TEST(Findings, AbsolutePathsAreFileUris) {
  LintReport report = one();
  report.findings[0].file = "/tmp/ä.yaml";
  EXPECT_NE(to_sarif(report, "1").find("\"file:///tmp/%C3%A4.yaml\""), std::string::npos);
}

TEST(Findings, Summary) {
  EXPECT_EQ(summary(one()), "2 objects, 1 relay: 1 finding");
  EXPECT_EQ(summary({}), "0 objects, 0 relays: nothing wrong");
  EXPECT_EQ(summary({.skipped = {{"chart", "it is a chart", "helm template chart"}}}),
            "not checked: chart: it is a chart\n    next: helm template chart\n"
            "0 objects, 0 relays: nothing wrong");
  LintReport assumed = one();
  assumed.relays.push_back({"a.yaml", 9, "Deployment", "", "b", true});
  EXPECT_EQ(summary(assumed), "2 objects, 1 relay, 1 assumed to be a relay's: 1 finding");
}

TEST(Rules, AreAllDocumented) {
  const std::string page = rig::contents(HEADWATER_DOCS "/kubernetes.md");
  for (const std::string& rule : rule_names()) {
    EXPECT_NE(page.find("| `" + rule + "` |"), std::string::npos) << rule;
  }
}

}  // namespace
}  // namespace headwater::kubernetes
