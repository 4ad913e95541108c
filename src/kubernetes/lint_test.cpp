// Whole manifests, each with the findings that it expects.
#include "src/kubernetes/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/kubernetes/inputs.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::kubernetes {
namespace {

namespace fs = std::filesystem;

/// "FILE:LINE RULE", as often as it is expected or found.
using Places = std::multiset<std::string>;

void add_expectations(const fs::path& file, Places& places) {
  constexpr std::string_view mark = "# expect:";
  std::istringstream lines(rig::contents(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto at = line.find(mark);
    if (at == std::string::npos) continue;
    std::istringstream rules(line.substr(at + mark.size()));
    for (std::string rule; rules >> rule;) {
      places.insert(file.string() + ":" + std::to_string(number) + " " + rule);
    }
  }
  std::istringstream besides(rig::contents(file.string() + ".expect"));
  std::string rule;
  while (besides >> number >> rule) {
    places.insert(file.string() + ":" + std::to_string(number) + " " + rule);
  }
}

Places expected_in(const fs::path& path) {
  Places places;
  if (!fs::is_directory(path)) {
    add_expectations(path, places);
    return places;
  }
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) add_expectations(entry.path(), places);
  }
  return places;
}

Places found_in(const std::string& path) {
  Places places;
  for (const LintFinding& finding : lint(read_inputs({path}), {}).findings) {
    places.insert(finding.file + ":" + std::to_string(finding.line) + " " +
                  text_of(finding.rule).name);
  }
  return places;
}

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(HEADWATER_MANIFESTS)) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".json" || entry.is_directory()) {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Testdata : public ::testing::TestWithParam<std::string> {};

TEST_P(Testdata, HaveExactlyTheFindingsThatTheyExpect) {
  const std::string path = std::string(HEADWATER_MANIFESTS) + "/" + GetParam();
  const Places expected = expected_in(path);
  const Places found = found_in(path);
  for (const std::string& place : std::set<std::string>(expected.begin(), expected.end())) {
    EXPECT_EQ(found.count(place), expected.count(place)) << "not found as expected: " << place;
  }
  for (const std::string& place : std::set<std::string>(found.begin(), found.end())) {
    EXPECT_EQ(expected.count(place), found.count(place)) << "not expected: " << place;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Testdata, ::testing::ValuesIn(fixtures()), [](const auto& fixture) {
  std::string name = fixture.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Lint, TheTestdataCoverEveryRule) {
  std::set<std::string> seen;
  for (const std::string& name : fixtures()) {
    for (const std::string& place : expected_in(std::string(HEADWATER_MANIFESTS) + "/" + name)) {
      seen.insert(place.substr(place.rfind(' ') + 1));
    }
  }
  for (const std::string& rule : rule_names()) EXPECT_TRUE(seen.count(rule)) << rule;
  EXPECT_GE(fixtures().size(), 15U);
}

LintReport lint_text(const std::string& text, const std::vector<std::string>& relays = {}) {
  return lint({{.name = "a.yaml", .text = text}}, relays);
}

std::vector<std::string> rules_in(const LintReport& report) {
  std::vector<std::string> rules;
  for (const LintFinding& finding : report.findings) {
    rules.push_back(std::to_string(finding.line) + " " + text_of(finding.rule).name);
  }
  return rules;
}

using Rules = std::vector<std::string>;

std::string fixture(const std::string& name) {
  return rig::contents(std::string(HEADWATER_MANIFESTS) + "/" + name);
}

TEST(Lint, WithNamesExactlyTheseAreRelays) {
  const std::string text = fixture("ingress_nginx.yaml");
  EXPECT_EQ(lint_text(text, {"shop-relay"}).findings.size(), 2U);
  const LintReport other = lint_text(text, {"ingress-nginx-controller"});
  ASSERT_EQ(other.relays.size(), 1U);
  EXPECT_EQ(other.relays[0].name, "ingress-nginx-controller");
  // Whatever the container runs.
  EXPECT_EQ(rules_in(other), (Rules{"7 replicas", "12 strategy", "13 strategy", "17 grace-period",
                                    "19 probes", "19 probes", "32 autoscaler"}));
}

TEST(Lint, ANameThatNothingHasIsAFinding) {
  const LintReport report = lint_text(fixture("relay.yaml"), {"orders-rely"});
  EXPECT_EQ(rules_in(report), Rules{"1 nothing"});
  EXPECT_NE(report.findings.at(0).what.find("'orders-rely'"), std::string::npos);
}

TEST(Lint, WhatIsAssumedSaysHowToSayMore) {
  const LintReport report = lint_text(fixture("patches_alone.yaml"));
  ASSERT_FALSE(report.findings.empty());
  EXPECT_NE(report.findings[0].next.find("--relay NAME"), std::string::npos);
  EXPECT_TRUE(report.relays.at(0).assumed);
  EXPECT_EQ(rules_in(lint_text(fixture("patches_alone.yaml"), {"something"})), Rules{});
}

TEST(Lint, NothingToCheckIsAFinding) {
  for (const std::string text : {"", "\n", "---\n", "# nothing\n", "a: b\n", "[]", "word"}) {
    EXPECT_EQ(rules_in(lint_text(text)), Rules{"1 nothing"}) << text;
  }
  EXPECT_EQ(lint({}, {}).findings.size(), 1U);
}

TEST(Lint, AnEmptyStandardInputIsAFindingNextToOtherFiles) {
  const LintReport report =
      lint({{.name = "a.yaml", .text = fixture("relay.yaml")}, {.name = "stdin"}}, {});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].file, "stdin");
  EXPECT_EQ(report.findings[0].rule, Rule::nothing);
}

TEST(Lint, AnEmptyFileAmongOthersIsNone) {
  EXPECT_EQ(lint({{.name = "a.yaml", .text = fixture("relay.yaml")}, {.name = "b.yaml"}}, {})
                .findings.size(),
            0U);
}

TEST(Lint, ExceptionsOfObjectsThatAreNotNamedAreNotJudged) {
  const std::string text = fixture("allowed_wrongly.yaml");
  const std::string second = "\n---\n" + fixture("relay.yaml");
  const LintReport report = lint_text(text + second, {"orders-relay"});
  // What is wrong in itself still is.
  for (const LintFinding& finding : report.findings) {
    EXPECT_EQ(finding.what.find("nothing here breaks"), std::string::npos) << finding.what;
  }
}

TEST(Lint, AnExceptionSilencesTheYamlRuleToo) {
  const std::string text = fixture("relay.yaml") + "\n---\n# headwater: allow yaml because …\n" +
                           "apiVersion: v1\nkind: Service\nkind: Service\n";
  EXPECT_EQ(rules_in(lint_text(text)), Rules{});
}

TEST(Lint, AChartIsSkippedOnlyAmongOtherFiles) {
  const rig::TemporaryFolder folder;
  fs::create_directories(folder.path() / "chart");
  rig::write_file(folder / "chart/Chart.yaml", "name: shop\n");
  EXPECT_EQ(lint(read_inputs({folder.path()}), {}).findings.size(), 1U);
  rig::write_file(folder / "relay.yaml", fixture("relay.yaml"));
  const LintReport report = lint(read_inputs({folder.path()}), {});
  EXPECT_EQ(report.findings.size(), 0U);
  ASSERT_EQ(report.skipped.size(), 1U);
  EXPECT_EQ(report.skipped[0].next,
            "helm template " + (folder / "chart") + " | headwater k8s lint -");
  EXPECT_EQ(lint(read_inputs({folder / "chart"}), {}).findings.at(0).rule, Rule::nothing);
}

TEST(Lint, WhatAKustomizationNamesElsewhereIsNotChecked) {
  const std::string kustomization =
      "resources: [relay.yaml, ../base, ../other/, https://example.com/x]\n"
      "patches: [{path: patch.txt}, {patch: \"a: b\"}]\n"
      "patchesStrategicMerge: [old.yaml, \"a: b\\nc: d\\n\"]\n"
      "configMapGenerator: [{files: [a.yaml=config.txt, relay.yaml]}]\n";
  const LintReport report = lint({{.name = "prod/kustomization.yaml", .text = kustomization},
                                  {.name = "prod/relay.yaml", .text = fixture("relay.yaml")},
                                  {.name = "base/a.yaml"}},
                                 {});
  std::vector<std::string> skipped;
  for (const LintSkipped& one : report.skipped) skipped.push_back(one.file);
  EXPECT_EQ(skipped, (std::vector<std::string>{"other", "https://example.com/x", "prod/old.yaml",
                                               "prod/patch.txt", "prod/config.txt"}));
  EXPECT_EQ(report.skipped.at(0).next, "kubectl kustomize prod | headwater k8s lint -");
  EXPECT_NE(summary(report).find("not checked: prod/patch.txt: "), std::string::npos);
}

TEST(Lint, FilesOfAGeneratedConfigMapHaveNoSecrets) {
  const std::string kustomization =
      "resources: [relay.yaml]\nconfigMapGenerator: [{name: c, files: [headwater.yaml=a.yaml]}]\n";
  const auto found = [&](const std::string& configuration) {
    return rules_in(lint({{.name = "prod/kustomization.yaml", .text = kustomization},
                          {.name = "prod/relay.yaml", .text = fixture("relay.yaml")},
                          {.name = "prod/a.yaml", .text = configuration}},
                         {}));
  };
  EXPECT_EQ(found("relay: a\nstream:\n  nats: {password: hunter2}\n"), Rules{"3 secret"});
  EXPECT_EQ(found("password: hunter2\n"), Rules{"1 secret"});
  EXPECT_EQ(found("relay: a\nstream:\n  nats: {password: \"${P}\"}\n"), Rules{});
}

TEST(Lint, FindingsFollowTheOrderOfTheFiles) {
  const LintReport report = lint({{.name = "z.yaml", .text = fixture("keda.yaml")},
                                  {.name = "a.yaml", .text = fixture("cert_manager.yaml")}},
                                 {});
  ASSERT_GE(report.findings.size(), 2U);
  EXPECT_EQ(report.findings.front().file, "z.yaml");
  EXPECT_EQ(report.findings.back().file, "a.yaml");
}

}  // namespace
}  // namespace headwater::kubernetes
