#include "src/kubernetes/lint.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "src/kubernetes/allow.h"
#include "src/kubernetes/checks.h"
#include "src/kubernetes/kustomized.h"
#include "src/kubernetes/relays.h"

namespace headwater::kubernetes {
namespace {

constexpr const char* render = "render the chart first: helm template CHART | headwater k8s lint -";

/// Whether a text has an action of a Helm template. Prometheus, Alertmanager and Argo use the same
/// braces, so the words that they share count only if `any`.
bool has_helm_action(std::string_view text, bool any) {
  static constexpr std::array own = {".Values", ".Release",   ".Chart", ".Capabilities",
                                     ".Files",  "include \"", "toYaml", "tpl "};
  static constexpr std::array shared = {"if ",     "else",   "range ",  "with ",
                                        "define ", "end }}", "end -}}", "template "};
  for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{")) {
    text.remove_prefix(at + 2);
    std::string_view action = text;
    if (action.starts_with('-')) action.remove_prefix(1);
    action.remove_prefix(std::min(action.find_first_not_of(" \"("), action.size()));
    const auto begins = [&](std::string_view word) { return action.starts_with(word); };
    if (std::any_of(own.begin(), own.end(), begins)) return true;
    if (any && std::any_of(shared.begin(), shared.end(), begins)) return true;
  }
  return false;
}

/// The line of the first action of Helm outside a text of several lines.
std::optional<int> unrendered(const yaml::Node& node) {
  if (node.is_scalar() && node.text.find('\n') == std::string::npos &&
      has_helm_action(node.text, false)) {
    return node.line;
  }
  for (const yaml::Node& item : node.items) {
    if (auto line = unrendered(item)) return line;
  }
  for (const yaml::Entry& entry : node.entries) {
    if (auto line = unrendered(entry.value)) return line;
  }
  return std::nullopt;
}

/// Returns false if the file is a template: what else is wrong with it says nothing.
bool add_problems(const Text& file, std::vector<Found>& found) {
  const auto add = [&](int line, const std::string& what, const std::string& next) {
    std::size_t document = 0;
    while (document + 1 < file.parsed.documents.size() &&
           file.parsed.documents[document + 1].line <= line) {
      ++document;
    }
    found.push_back({&file, nullptr, document, std::max(line, 1), Rule::yaml, what, next});
  };
  // Braces that are not filled in read as a mapping in the place of a key.
  if (!file.parsed.problems.empty() && file.text.find("{{") != std::string::npos) {
    const bool helm = has_helm_action(file.text, true);
    add(file.parsed.problems[0].line,
        helm ? "this is a Helm template, not a manifest"
             : "this is a template, or not YAML: " + file.parsed.problems[0].message,
        helm ? render : "check what the template renders to, or correct this line");
    return false;
  }
  for (const yaml::Problem& problem : file.parsed.problems) {
    using Kind = yaml::Problem::Kind;
    const bool rest = problem.kind == Kind::syntax || problem.kind == Kind::too_large;
    add(problem.line, problem.message + (rest ? "; nothing after this line was checked" : ""),
        problem.kind == Kind::repeated_key ? "remove one of them" : "correct this line");
  }
  for (const yaml::Node& document : file.parsed.documents) {
    if (const auto line = unrendered(document)) {
      add(*line, "this is a Helm template, not a manifest", render);
      break;
    }
  }
  return true;
}

/// A file of which nothing was read has said so.
bool is_empty(const Text& file, const Manifests& manifests) {
  return file.parsed.problems.empty() &&
         std::none_of(manifests.objects.begin(), manifests.objects.end(),
                      [&](const Object& object) { return object.file == &file; });
}

class Lint {
 public:
  Lint(const std::vector<Input>& inputs, const std::vector<std::string>& named)
      : inputs_(inputs), manifests_(read_manifests(inputs)), relays_(*manifests_, named) {}

  LintReport report() {
    Allowances allowances(*manifests_, found_);
    check_all();
    for (const Text& file : manifests_->files) {
      std::vector<Found> problems;
      if (!add_problems(file, problems)) {
        found_.erase(std::remove_if(found_.begin(), found_.end(),
                                    [&](const Found& found) { return found.file == &file; }),
                     found_.end());
      }
      found_.insert(found_.end(), problems.begin(), problems.end());
    }
    allowances.apply(found_, checked_, relays_.restricted());
    LintReport report;
    report.objects = manifests_->documents;
    for (const Found& one : found_) {
      report.findings.push_back({one.file->name, one.line, one.rule, one.what, one.next});
    }
    for (const Input& input : inputs_) {
      if (input.skipped) report.skipped.push_back({input.name, input.unreadable, input.next});
    }
    for (LintSkipped& one : unread_parts(*manifests_, inputs_)) {
      report.skipped.push_back(std::move(one));
    }
    add_relays(report);
    add_nothing(report);
    sort(report);
    return report;
  }

 private:
  void check_all() {
    Used used;
    for (const Judged& judged : relays_.all()) {
      if (judged.role != Role::none) add_used(judged, used);
    }
    for (const Judged& judged : relays_.all()) {
      Findings findings(judged, found_);
      check_data(judged, used, findings);
      check_kustomization(judged, relays_, used, *manifests_, found_);
      if (judged.role == Role::none) continue;
      checked_.push_back(judged.object);
      is_autoscaler(*judged.object) ? check_autoscaler(judged, findings)
                                    : check_workload(judged, findings);
    }
  }

  void add_relays(LintReport& report) const {
    std::set<std::string> shown;
    for (const Judged& judged : relays_.all()) {
      if (judged.role != Role::relay || !judged.whole) continue;
      shown.insert(judged.relay);
      add_relay(judged, false, report);
    }
    // What belongs to those is not one more.
    for (const Judged& judged : relays_.all()) {
      if (judged.whole || judged.role == Role::none || !shown.insert(place_of(judged)).second)
        continue;
      add_relay(judged, true, report);
    }
  }

  /// The name of the relay, or the document if it has none: it may be a JSON patch.
  static std::string place_of(const Judged& judged) {
    if (!judged.relay.empty()) return judged.relay;
    return judged.object->file->name + " " + std::to_string(judged.object->document);
  }

  static void add_relay(const Judged& judged, bool assumed, LintReport& report) {
    const Object& object = *judged.object;
    report.relays.push_back({.file = object.file->name,
                             .line = object.line,
                             .kind = object.kind,
                             .space = object.space,
                             .name = object.name,
                             .assumed = assumed});
  }

  void add_nothing(LintReport& report) const {
    const auto add = [&](const std::string& file, const std::string& what,
                         const std::string& next) {
      report.findings.push_back({file, 1, Rule::nothing, what, next});
    };
    for (const Input& input : inputs_) {
      if (!input.unreadable.empty() && !input.skipped)
        add(input.name, input.unreadable, input.next);
    }
    for (const Text& file : manifests_->files) {
      const bool alone = inputs_.size() == 1;
      if (!is_empty(file, *manifests_) || !(alone || file.name == "stdin")) continue;
      return add(file.name, "there is no Kubernetes object in it",
                 "check the command that should have written it, or name other files");
    }
    const std::string first = inputs_.empty() ? "stdin" : inputs_.front().name;
    for (const std::string& name : relays_.missing()) {
      add(first, "no object that runs or changes a relay is named '" + name + "'",
          "correct --relay " + name + ", or add its manifest");
    }
    const bool unread = !report.findings.empty() && report.objects == 0;
    if (!report.relays.empty() || !relays_.missing().empty() || unread) return;
    add(first, "none of the objects is a relay, so nothing was checked",
        "name the objects that are relays: headwater k8s lint --relay NAME …");
  }

  /// By file, as given, and line. What several uses of an alias share is reported once.
  void sort(LintReport& report) const {
    std::map<std::string, std::size_t> files;
    for (const Input& input : inputs_) files.emplace(input.name, files.size());
    const auto order = [&](const LintFinding& finding) {
      return std::make_tuple(files[finding.file], finding.line, finding.rule,
                             std::string_view(finding.what));
    };
    std::vector<LintFinding>& findings = report.findings;
    std::stable_sort(
        findings.begin(), findings.end(),
        [&](const LintFinding& one, const LintFinding& two) { return order(one) < order(two); });
    findings.erase(std::unique(findings.begin(), findings.end(),
                               [&](const LintFinding& one, const LintFinding& two) {
                                 return order(one) == order(two);
                               }),
                   findings.end());
  }

  const std::vector<Input>& inputs_;
  std::unique_ptr<Manifests> manifests_;
  Relays relays_;
  std::vector<Found> found_;
  std::vector<const Object*> checked_;
};

}  // namespace

LintReport lint(const std::vector<Input>& inputs, const std::vector<std::string>& relays) {
  return Lint(inputs, relays).report();
}

}  // namespace headwater::kubernetes
