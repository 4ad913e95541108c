// Containers, and what they run.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

enum class Runs {
  relay,          ///< `headwater run`.
  until_current,  ///< `headwater run --until-current`, which ends.
  headwater,      ///< Another command of Headwater.
  other,
  unseen,  ///< A patch without image and command.
};

struct Container {
  const yaml::Node* node;
  std::string name;
  Runs runs;
  bool init;              ///< It ends before the others start.
  bool replaced = false;  ///< A patch says everything about it.

  [[nodiscard]] bool is_relay() const { return runs == Runs::relay || runs == Runs::until_current; }
};

/// The part of an object that describes pods.
struct Pod {
  const yaml::Node* spec = nullptr;  ///< Null: there is none.
  int line = 0;                      ///< Of its key.
  bool replaced = false;             ///< A patch says everything about it.
  std::vector<Container> containers{};
};

/// `node` is the object. The result is valid as long as the object.
[[nodiscard]] Pod pod_of(const Object& object);

/// Any kind whose objects make pods by themselves.
[[nodiscard]] bool makes_pods(const std::string& kind);

}  // namespace headwater::kubernetes
