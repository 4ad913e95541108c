// Which objects are relays, or change or scale one.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/containers.h"
#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// An object's part in running a relay.
enum class Role {
  none,
  relay,    ///< It is a relay, or belongs to one.
  assumed,  ///< It may belong to one: its target is in none of the files.
};

struct Judged {
  const Object* object;
  Pod pod;
  Role role = Role::none;
  std::string relay{};                     ///< The name of what it is, changes or scales.
  bool whole = false;                      ///< A workload whose containers can be seen.
  std::vector<std::string> relay_names{};  ///< The containers of its target that are relays.
};

/// One for each object, in the same order.
class Relays {
 public:
  /// `named`: exactly these are relays; empty: those that run one. `manifests` must outlive it.
  Relays(const Manifests& manifests, std::vector<std::string> named);

  [[nodiscard]] const std::vector<Judged>& all() const { return judged_; }
  /// The role of whatever targets this.
  [[nodiscard]] Role role_of(const Target& target) const;
  /// Those of `named` that no object has.
  [[nodiscard]] std::vector<std::string> missing() const;
  [[nodiscard]] bool restricted() const { return !named_.empty(); }

 private:
  [[nodiscard]] bool named(const std::string& name) const;
  void judge_whole(Judged& judged) const;
  void judge_patch(Judged& judged) const;
  /// As reference_in(); a patch has that of the object it changes.
  [[nodiscard]] const yaml::Node* reference_of(const Object& object) const;
  [[nodiscard]] Target target_of(const Object& object) const;

  std::vector<std::string> named_;
  std::vector<Judged> judged_;
};

/// What an object scales, or replaces the pods of: an autoscaler, a Rollout with a workloadRef.
/// Null: it has no such reference.
[[nodiscard]] const yaml::Node* reference_in(const Object& object);
/// Of whatever kind: it has a `scaleTargetRef`.
[[nodiscard]] bool is_autoscaler(const Object& object);

}  // namespace headwater::kubernetes
