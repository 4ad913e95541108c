#include "src/kubernetes/rules.h"

#include <algorithm>

#include "src/base/invariant.h"

namespace headwater::kubernetes {

const std::vector<RuleText>& all_rules() {
  static const std::vector<RuleText> rules = {
      {Rule::replicas, "replicas", "A relay has one replica, and says so.",
       "only one relay can append at a time, so a second one does nothing but stand by, and a "
       "default leaves the number to whoever scales it"},
      {Rule::strategy, "strategy", "The old relay ends before the new one begins.",
       "when an old and a new relay overlap, every release begins with a conflict, so an alert on "
       "conflicts means nothing any more"},
      {Rule::kind, "kind", "A relay runs as a Deployment.",
       "only a Deployment with Recreate runs one relay, starts it again when it ends, and replaces "
       "it without overlap"},
      {Rule::autoscaler, "autoscaler", "Nothing scales a relay.",
       "a relay's throughput does not grow with replicas; they would stand by and cause conflicts"},
      {Rule::probes, "probes", "A relay has a liveness and a readiness probe.",
       "without probes nobody notices a relay that hangs, and a liveness probe on anything but "
       "/livez restarts a relay whose broker is down, which does not bring the broker back"},
      {Rule::grace_period, "grace-period", "A relay gets at least five seconds to stop.",
       "on SIGTERM a relay finishes its append within two seconds; killed before that, the next "
       "one has to find out how the append ended"},
      {Rule::secret, "secret", "No secret stands in a manifest.",
       "whoever can read the repository, or `kubectl describe`, has the secret"},
      {Rule::yaml, "yaml", "A manifest is YAML that has one meaning.",
       "what cannot be read, or says two things, cannot be checked"},
      {Rule::nothing, "nothing", "There is something to check.",
       "a check that looked at nothing would pass forever"},
      {Rule::allow, "allow", "An exception names a rule, gives a reason, and is needed.",
       "an exception that nobody understands or needs hides the next mistake"},
  };
  return rules;
}

const RuleText& text_of(Rule rule) {
  for (const RuleText& text : all_rules()) {
    if (text.rule == rule) return text;
  }
  unreachable("every rule has a text");
}

std::optional<Rule> rule_named(std::string_view name) {
  for (const RuleText& text : all_rules()) {
    if (name == text.name) return text.rule;
  }
  return std::nullopt;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const RuleText& text : all_rules()) names.emplace_back(text.name);
  return names;
}

}  // namespace headwater::kubernetes
