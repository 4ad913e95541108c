#include "src/kubernetes/findings.h"

#include <string_view>
#include <utility>

#include "src/base/one_line.h"
#include "src/json/json.h"

namespace headwater::kubernetes {
namespace {

constexpr std::size_t indent = 2;

std::string counted(std::size_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

/// RFC 3986; a path stays as it is where it can.
std::string as_uri(const std::string& path) {
  constexpr std::string_view plain = "-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || plain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      (uri += '%') += digits[byte >> 4U];
      uri += digits[byte & 0xfU];
    }
  }
  return uri;
}

Json sarif_rules() {
  Json rules = Json::array();
  for (const RuleText& text : all_rules()) {
    rules.push_back(Json{{"id", text.name},
                         {"shortDescription", Json{{"text", text.title}}},
                         {"fullDescription", Json{{"text", std::string(text.why) + "."}}},
                         {"defaultConfiguration", Json{{"level", "error"}}}});
  }
  return rules;
}

Json sarif_result(const LintFinding& finding) {
  const Json location{
      {"physicalLocation", Json{{"artifactLocation", Json{{"uri", as_uri(finding.file)}}},
                                {"region", Json{{"startLine", finding.line}}}}}};
  Json locations = Json::array();
  locations.push_back(location);
  std::size_t index = 0;
  while (all_rules()[index].rule != finding.rule) ++index;
  return Json{{"ruleId", text_of(finding.rule).name},
              {"ruleIndex", index},
              {"level", "error"},
              {"message", Json{{"text", one_line(finding.what + ". Next: " + finding.next)}}},
              {"locations", std::move(locations)}};
}

}  // namespace

std::string to_text(const LintReport& report) {
  std::string text;
  for (const LintFinding& finding : report.findings) {
    const RuleText& rule = text_of(finding.rule);
    text += one_line(finding.file) + ":" + std::to_string(finding.line) + ": " + rule.name + ": " +
            one_line(finding.what) + "\n    why: " + rule.why +
            "\n    next: " + one_line(finding.next) + "\n";
  }
  return text;
}

std::string to_json(const LintReport& report) {
  Json relays = Json::array();
  for (const LintedRelay& relay : report.relays) {
    relays.push_back(Json{{"file", relay.file},
                          {"line", relay.line},
                          {"kind", relay.kind},
                          {"namespace", relay.space},
                          {"name", relay.name},
                          {"assumed", relay.assumed}});
  }
  Json skipped = Json::array();
  for (const LintSkipped& one : report.skipped) {
    skipped.push_back(Json{{"file", one.file}, {"why", one.why}, {"next", one.next}});
  }
  Json findings = Json::array();
  for (const LintFinding& finding : report.findings) {
    const RuleText& rule = text_of(finding.rule);
    findings.push_back(Json{{"file", finding.file},
                            {"line", finding.line},
                            {"rule", rule.name},
                            {"what", finding.what},
                            {"why", rule.why},
                            {"next", finding.next}});
  }
  return Json{{"relays", std::move(relays)},
              {"skipped", std::move(skipped)},
              {"findings", std::move(findings)}}
             .dump(indent) +
         "\n";
}

std::string to_sarif(const LintReport& report, const std::string& version) {
  Json results = Json::array();
  for (const LintFinding& finding : report.findings) results.push_back(sarif_result(finding));
  const Json driver{{"name", "headwater k8s lint"}, {"version", version}, {"rules", sarif_rules()}};
  Json runs = Json::array();
  runs.push_back(Json{{"tool", Json{{"driver", driver}}}, {"results", std::move(results)}});
  return Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
              {"version", "2.1.0"},
              {"runs", std::move(runs)}}
             .dump(indent) +
         "\n";
}

std::string summary(const LintReport& report) {
  std::string text;
  for (const LintSkipped& one : report.skipped) {
    text += one_line("not checked: " + one.file + ": " + one.why) +
            "\n    next: " + one_line(one.next) + "\n";
  }
  std::size_t assumed = 0;
  for (const LintedRelay& relay : report.relays) assumed += relay.assumed ? 1U : 0U;
  return text + counted(report.objects, "object") + ", " +
         counted(report.relays.size() - assumed, "relay") +
         (assumed == 0 ? "" : ", " + std::to_string(assumed) + " assumed to be a relay's") + ": " +
         (report.findings.empty() ? "nothing wrong" : counted(report.findings.size(), "finding"));
}

}  // namespace headwater::kubernetes
