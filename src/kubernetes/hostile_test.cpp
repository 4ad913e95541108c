// Whatever the input is, a lint ends, soon, and says something.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "src/kubernetes/findings.h"
#include "src/kubernetes/lint.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::kubernetes {
namespace {

std::vector<std::string> texts() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(HEADWATER_MANIFESTS)) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts(paths.size());
  std::transform(paths.begin(), paths.end(), texts.begin(), rig::contents);
  return texts;
}

/// Pieces that mean something to YAML, to Kubernetes, or to this program.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> pieces = {"&a",
                                                  "*a",
                                                  "<<: *a",
                                                  "---\n",
                                                  "...\n",
                                                  "|",
                                                  ">-",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  "- ",
                                                  ": ",
                                                  "? ",
                                                  "~",
                                                  "\t",
                                                  "'",
                                                  "\"",
                                                  "#",
                                                  "!!str ",
                                                  "!<x> ",
                                                  "%YAML 1.2\n",
                                                  "\n",
                                                  "\r\n",
                                                  std::string(1, '\0'),
                                                  "\xff",
                                                  "\xf0\x9f",
                                                  "null",
                                                  "spec:",
                                                  "replicas:",
                                                  "kind: List\n",
                                                  "items:",
                                                  "containers:",
                                                  "env:",
                                                  "op: x\n",
                                                  "path: /spec/0/-/1/~0~1\n",
                                                  "://u:p@h",
                                                  "patch: ",
                                                  "# headwater: allow replicas because x\n",
                                                  "{{ .Values }}",
                                                  "99999999999999999999",
                                                  "-1",
                                                  "0x1"};
  return pieces;
}

std::string mutated(std::string text, const std::vector<std::string>& all, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  constexpr std::size_t most_changes = 8;
  constexpr std::size_t most_removed = 40;
  for (std::size_t i = 0; i <= below(most_changes); ++i) {
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        text.erase(at, below(most_removed));
        break;
      case 1:
        text.insert(at, pieces()[below(pieces().size())]);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.resize(at);
        break;
      default: {
        const std::string& other = all[below(all.size())];
        text.insert(at, other.substr(below(other.size()), most_removed));
      }
    }
  }
  return text;
}

#ifdef HEADWATER_SANITIZED
constexpr unsigned seeds = 400;
#else
constexpr unsigned seeds = 3'000;
#endif

TEST(Hostile, MutatedManifestsNeverCrash) {
  const std::vector<std::string> all = texts();
  ASSERT_FALSE(all.empty());
  std::size_t findings = 0;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::string text = mutated(all[seed % all.size()], all, random);
    const std::string other = mutated(all[random() % all.size()], all, random);
    const LintReport report =
        lint({{.name = "kustomization.yaml", .text = text}, {.name = "b.yaml", .text = other}},
             seed % 3 == 0 ? std::vector<std::string>{"relay"} : std::vector<std::string>{});
    findings += report.findings.size();
    for (const LintFinding& finding : report.findings) {
      EXPECT_GE(finding.line, 1);
      EXPECT_FALSE(finding.what.empty() || finding.next.empty());
    }
    EXPECT_TRUE(Json::parse(to_json(report)));
    EXPECT_TRUE(Json::parse(to_sarif(report, "1")));
    // Only an object without a finding is passed.
    EXPECT_FALSE(report.findings.empty() && report.relays.empty());
  }
  EXPECT_GT(findings, seeds);
}

TEST(Hostile, AliasesThatMultiplyAreTooLarge) {
  std::string text = "apiVersion: v1\nkind: List\na0: &a0 [relay, relay, relay, relay, relay]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    text.append(name).append(": &").append(name).append(" [").append(before);
    for (int more = 0; more < 4; ++more) text.append(", ").append(before);
    text.append("]\n");
  }
  const LintReport report = lint({{.name = "a.yaml", .text = text}}, {});
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].rule, Rule::yaml);
}

TEST(Hostile, DepthAndLengthAreLimited) {
  for (const char* const open : {"[", "{a: ", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += open;
    EXPECT_FALSE(lint({{.name = "a.yaml", .text = text}}, {}).findings.empty()) << open;
  }
}

}  // namespace
}  // namespace headwater::kubernetes
