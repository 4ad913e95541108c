// How many relays an object runs, and how it replaces one.
#include <algorithm>

#include "src/base/number_in.h"
#include "src/kubernetes/checks.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

constexpr const char* one_replica = "write `replicas: 1` under `spec:`";
constexpr const char* recreate = "write `strategy: {type: Recreate}` under `spec:`";
constexpr int least_grace = 5;

bool is_plain_one(const yaml::Node& value) {
  return value.is_scalar() && !value.quoted && value.text == "1";
}

std::string shown(const yaml::Node& value) {
  if (is_removed(value)) return "removed, so the default counts";
  if (!value.is_scalar()) return value.is_list() ? "a list" : "a mapping";
  return value.quoted ? "'" + value.text + "', a text" : value.text;
}

/// Where something that is missing should stand.
int line_of_spec(const Object& object) {
  const yaml::Entry* const spec = entry_at(object.node, {"spec"});
  return spec == nullptr ? object.line : spec->line;
}

int line_of_kind(const Object& object) {
  const yaml::Entry* const kind = entry_at(object.node, {"kind"});
  return kind == nullptr ? object.line : kind->line;
}

bool is_deployment(const Object& object) {
  const std::string& group = object.api_version;
  return object.kind == "Deployment" &&
         (group.empty() || group.starts_with("apps/") || group.starts_with("extensions/"));
}

bool only_until_current(const Judged& judged) {
  return std::all_of(judged.pod.containers.begin(), judged.pod.containers.end(),
                     [](const Container& one) { return one.init || one.runs != Runs::relay; });
}

/// Whether what is missing under `spec` is missing in the cluster, too.
bool has_whole_spec(const Judged& judged) {
  return judged.whole || is_replaced(judged.object->node, {"spec"});
}

/// Jobs may run a relay that ends by itself.
bool is_job(const Judged& judged) {
  const std::string& kind = judged.object->kind;
  return (kind == "Job" || kind == "CronJob") && only_until_current(judged);
}

void check_kind(const Judged& judged, Findings& findings) {
  const Object& object = *judged.object;
  if (object.kind.empty() || is_deployment(object) || is_job(judged)) return;
  const bool job = object.kind == "Job" || object.kind == "CronJob";
  findings.add(Rule::kind, line_of_kind(object),
               object.kind + " " + object.name + " runs a relay" +
                   (job ? " that does not end by itself" : ""),
               job ? "add `--until-current` to the relay's arguments, or make it a Deployment "
                     "(apps/v1) with `replicas: 1` and `strategy: {type: Recreate}`"
                   : "make it a Deployment (apps/v1) with `replicas: 1` and "
                     "`strategy: {type: Recreate}`");
}

void check_replicas(const Judged& judged, Findings& findings) {
  const Object& object = *judged.object;
  const yaml::Entry* const replicas = entry_at(object.node, {"spec", "replicas"});
  if (replicas == nullptr) {
    if (!has_whole_spec(judged) || !(is_deployment(object) || object.kind.empty())) return;
    findings.add(Rule::replicas, line_of_spec(object),
                 "`replicas` is missing, so it is whatever somebody scales it to", one_replica);
  } else if (!is_plain_one(replicas->value)) {
    findings.add(Rule::replicas, replicas->line, "`replicas` is " + shown(replicas->value),
                 one_replica);
  }
}

void check_strategy(const Judged& judged, Findings& findings) {
  const Object& object = *judged.object;
  const yaml::Entry* const strategy = entry_at(object.node, {"spec", "strategy"});
  // Only a Deployment's strategy can be Recreate. For others, `kind` says so.
  const bool deployment = is_deployment(object) || object.kind.empty();
  if (!deployment) return;
  if (strategy == nullptr) {
    if (!has_whole_spec(judged)) return;
    return findings.add(Rule::strategy, line_of_spec(object),
                        "`strategy` is missing, and the default is RollingUpdate", recreate);
  }
  if (is_removed(strategy->value)) {
    return findings.add(Rule::strategy, strategy->line,
                        "`strategy` is removed, and the default is RollingUpdate", recreate);
  }
  const bool whole = judged.whole || is_replaced(object.node, {"spec", "strategy"});
  const yaml::Entry* const type = strategy->value.find("type");
  const yaml::Entry* const rolling = strategy->value.find("rollingUpdate");
  if (type != nullptr && text_at(&strategy->value, {"type"}) != "Recreate") {
    findings.add(Rule::strategy, type->line, "`type` is " + shown(type->value), recreate);
  } else if (type == nullptr && (whole || strategy->value.entries.empty())) {
    findings.add(Rule::strategy, strategy->line,
                 "`strategy` has no `type`, and the default is RollingUpdate", recreate);
  }
  if (rolling != nullptr && !is_removed(rolling->value)) {
    findings.add(Rule::strategy, rolling->line,
                 "`rollingUpdate` lets the new relay begin before the old one has ended",
                 "remove `rollingUpdate`; " + std::string(recreate));
  }
}

void check_overlap_of_jobs(const Judged& judged, Findings& findings) {
  const Object& object = *judged.object;
  const bool cron = object.kind == "CronJob";
  const yaml::Node* const spec =
      cron ? at(object.node, {"spec", "jobTemplate", "spec"}) : at(object.node, {"spec"});
  const yaml::Entry* const parallel = entry_at(spec, {"parallelism"});
  if (parallel != nullptr && !is_plain_one(parallel->value)) {
    findings.add(Rule::replicas, parallel->line, "`parallelism` is " + shown(parallel->value),
                 "write `parallelism: 1`, or remove it");
  }
  if (!cron) return;
  const yaml::Entry* const policy = entry_at(object.node, {"spec", "concurrencyPolicy"});
  const std::string text = text_at(object.node, {"spec", "concurrencyPolicy"});
  if (text == "Forbid" || text == "Replace") return;
  findings.add(Rule::strategy, policy == nullptr ? line_of_spec(object) : policy->line,
               "`concurrencyPolicy` " + (policy == nullptr ? "is missing, so two runs may overlap"
                                                           : "is " + shown(policy->value)),
               "write `concurrencyPolicy: Forbid` under `spec:`");
}

void check_grace_period(const Judged& judged, Findings& findings) {
  const Pod& pod = judged.pod;
  const yaml::Entry* const grace = entry_at(pod.spec, {"terminationGracePeriodSeconds"});
  const std::string next = "write `terminationGracePeriodSeconds: 10` next to `containers:`";
  if (grace == nullptr) {
    if (judged.whole || pod.replaced) {
      findings.add(Rule::grace_period, pod.line, "`terminationGracePeriodSeconds` is missing",
                   next);
    }
    return;
  }
  const auto seconds = whole_number<int>(grace->value.is_scalar() ? grace->value.text : "");
  if (seconds && *seconds >= least_grace && !grace->value.quoted) return;
  findings.add(Rule::grace_period, grace->line,
               "`terminationGracePeriodSeconds` is " + shown(grace->value), next);
}

}  // namespace

void Findings::add(Rule rule, int line, const std::string& what, const std::string& next) {
  const Object& object = *judged_.object;
  const bool assumed = judged_.role == Role::assumed;
  found_.push_back(
      {.file = object.file,
       .object = &object,
       .document = object.document,
       .line = line,
       .rule = rule,
       .what = what + (assumed ? ", and its target, which is in none of the files, "
                                 "may be a relay"
                               : ""),
       .next = next + (assumed ? "; or say which objects are relays with --relay NAME" : "")});
}

void check_workload(const Judged& judged, Findings& findings) {
  if (judged.object->node->is_mapping() && is_removed(*judged.object->node)) return;
  // A patch of another kind says nothing about what runs in it.
  if (judged.whole || at(judged.object->node, {"spec", "workloadRef"}) != nullptr) {
    check_kind(judged, findings);
  }
  if (is_job(judged)) {
    check_overlap_of_jobs(judged, findings);
  } else {
    check_replicas(judged, findings);
    check_strategy(judged, findings);
    check_grace_period(judged, findings);
  }
  check_containers(judged, findings);
}

void check_autoscaler(const Judged& judged, Findings& findings) {
  const Object& object = *judged.object;
  const yaml::Node* const reference = reference_in(object);
  const yaml::Entry* const name = entry_at(reference, {"name"});
  const std::string target = text_at(reference, {"name"});
  findings.add(Rule::autoscaler, name == nullptr ? line_of_kind(object) : name->line,
               object.kind + " " + object.name + " scales " +
                   (target.empty() ? "an object that it does not name" : target),
               "remove the " + object.kind +
                   "; a relay that is too slow needs more processor "
                   "time, not more replicas");
}

}  // namespace headwater::kubernetes
