// The rules of `headwater k8s lint`. Their names are stable: comments, annotations and dashboards
// refer to them. docs/kubernetes.md lists them; a test compares.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::kubernetes {

enum class Rule {
  replicas,
  strategy,
  kind,
  autoscaler,
  probes,
  grace_period,
  secret,
  yaml,
  nothing,
  allow,
};

struct RuleText {
  Rule rule;
  const char* name;   ///< "grace-period".
  const char* title;  ///< What the rule demands, as one short sentence.
  const char* why;
};

[[nodiscard]] const std::vector<RuleText>& all_rules();
[[nodiscard]] const RuleText& text_of(Rule rule);
[[nodiscard]] std::optional<Rule> rule_named(std::string_view name);
[[nodiscard]] std::vector<std::string> rule_names();

}  // namespace headwater::kubernetes
