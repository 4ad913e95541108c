#include "src/kubernetes/relays.h"

#include <algorithm>
#include <utility>

#include "src/base/nearest.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

bool names_one(const Target& target) { return !target.name.empty(); }

bool fits(const Target& target, const Object& object) {
  const auto same = [](const std::string& wanted, const std::string& had) {
    return wanted.empty() || had.empty() || wanted == had;
  };
  return (target.kind.empty() || target.kind == object.kind) &&
         (target.name.empty() || target.name == object.name) && same(target.space, object.space);
}

bool any_relay(const Pod& pod) {
  return std::any_of(pod.containers.begin(), pod.containers.end(),
                     [](const Container& one) { return one.is_relay() && !one.init; });
}

/// Whether each container says what it runs.
bool all_seen(const Pod& pod) {
  bool main = false;
  for (const Container& one : pod.containers) {
    if (one.runs == Runs::unseen) return false;
    main = main || !one.init;
  }
  return main;
}

/// The API refuses a Deployment without a selector, so one with containers but without it is likely
/// to be a patch.
bool complete(const Object& object) {
  return object.kind != "Deployment" || at(object.node, {"spec", "selector"}) != nullptr;
}

/// Whether an object without a kind writes what a workload has.
bool touches_pods(const Object& object) {
  const yaml::Node* const spec = at(object.node, {"spec"});
  return spec != nullptr &&
         (spec->is_null() || spec->find("replicas") != nullptr ||
          spec->find("strategy") != nullptr || spec->find("template") != nullptr);
}

/// Kubernetes made it from another object: an export holds both. What else has an owner, such as the
/// Deployment of an operator, is not made from an object that is checked.
bool is_owned(const Object& object) {
  const bool made = object.kind == "Pod" || object.kind == "ReplicaSet" || object.kind == "Job";
  return made && !items_at(object.node, {"metadata", "ownerReferences"}).empty();
}

bool has_workload_reference(const Object& object) {
  return at(object.node, {"spec", "workloadRef"}) != nullptr;
}

}  // namespace

const yaml::Node* reference_in(const Object& object) {
  const yaml::Node* const scaled = at(object.node, {"spec", "scaleTargetRef"});
  return scaled != nullptr ? scaled : at(object.node, {"spec", "workloadRef"});
}

bool is_autoscaler(const Object& object) {
  if (object.kind == "HorizontalPodAutoscaler" || object.kind == "ScaledObject") return true;
  const yaml::Node* const target = at(object.node, {"spec", "scaleTargetRef"});
  return !object.kind.empty() && target != nullptr && target->is_mapping();
}

Relays::Relays(const Manifests& manifests, std::vector<std::string> named)
    : named_(std::move(named)) {
  for (const Object& object : manifests.objects) {
    judged_.push_back({.object = &object, .pod = pod_of(object)});
  }
  for (Judged& judged : judged_) judge_whole(judged);
  // A Deployment of the same name tells a patch from a Deployment that lacks its selector.
  std::vector<const Object*> completes;
  for (const Judged& judged : judged_) {
    if (judged.whole && complete(*judged.object)) completes.push_back(judged.object);
  }
  for (Judged& judged : judged_) {
    if (!judged.whole || complete(*judged.object)) continue;
    const Target target = target_of(*judged.object);
    judged.whole = std::none_of(completes.begin(), completes.end(),
                                [&](const Object* other) { return fits(target, *other); });
  }
  for (Judged& judged : judged_) {
    if (!judged.whole) judge_patch(judged);
  }
}

bool Relays::named(const std::string& name) const { return is_one_of(name, named_); }

void Relays::judge_whole(Judged& judged) const {
  const Object& object = *judged.object;
  if (object.patch || is_owned(object) || has_workload_reference(object)) return;
  judged.whole = any_relay(judged.pod) || all_seen(judged.pod);
  if (!judged.whole) return;
  judged.relay = object.name;
  const bool relay = restricted() ? named(object.name) : any_relay(judged.pod);
  judged.role = relay ? Role::relay : Role::none;
  for (const Container& one : judged.pod.containers) {
    if (one.is_relay()) judged.relay_names.push_back(one.name);
  }
}

Target Relays::target_of(const Object& object) const {
  if (object.target) return *object.target;
  return {.kind = object.kind, .name = object.name, .space = object.space};
}

/// Patches, and whatever else has no containers of its own.
void Relays::judge_patch(Judged& judged) const {
  const Object& object = *judged.object;
  if (is_owned(object)) return;
  if (is_autoscaler(object) || has_workload_reference(object)) {
    const yaml::Node* const reference = reference_of(object);
    judged.relay = reference == nullptr ? object.name : text_at(reference, {"name"});
    if (reference == nullptr) {
      const Role unknown = restricted() ? Role::none : Role::assumed;
      judged.role = named(object.name) ? Role::relay : unknown;
      return;
    }
    judged.role = role_of({.kind = text_at(reference, {"kind"}),
                           .name = text_at(reference, {"name"}),
                           .space = object.space});
    return;
  }
  Target target = target_of(object);
  if (target.kind.empty()) target.kind = object.kind;
  if (target.kind.empty() ? !touches_pods(object) : !makes_pods(target.kind)) return;
  if (object.nameless && !object.target) {
    judged.role = restricted() ? Role::none : Role::assumed;
    return;
  }
  judged.relay = target.name;
  judged.role = role_of(target);
  for (const Judged& other : judged_) {
    if (!other.whole || !fits(target, *other.object)) continue;
    judged.relay_names.insert(judged.relay_names.end(), other.relay_names.begin(),
                              other.relay_names.end());
  }
}

const yaml::Node* Relays::reference_of(const Object& object) const {
  if (const yaml::Node* const own = reference_in(object)) return own;
  const Target target = target_of(object);
  for (const Judged& other : judged_) {
    const yaml::Node* const reference = reference_in(*other.object);
    if (reference != nullptr && fits(target, *other.object)) return reference;
  }
  return nullptr;
}

Role Relays::role_of(const Target& target) const {
  if (restricted() && names_one(target)) return named(target.name) ? Role::relay : Role::none;
  bool seen = false;
  for (const Judged& judged : judged_) {
    if (!judged.whole || !fits(target, *judged.object)) continue;
    if (judged.role == Role::relay) return Role::relay;
    seen = true;
  }
  if (restricted()) return Role::none;
  return seen ? Role::none : Role::assumed;
}

std::vector<std::string> Relays::missing() const {
  std::vector<std::string> missing;
  for (const std::string& name : named_) {
    const bool found = std::any_of(judged_.begin(), judged_.end(), [&](const Judged& judged) {
      return judged.role != Role::none && judged.relay == name;
    });
    if (!found) missing.push_back(name);
  }
  return missing;
}

}  // namespace headwater::kubernetes
