// The checks of `headwater k8s lint`: each looks at one object.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "src/kubernetes/relays.h"
#include "src/kubernetes/rules.h"

namespace headwater::kubernetes {

/// A finding before anything has silenced it.
struct Found {
  const Text* file;
  const Object* object;  ///< Null: the file itself.
  std::size_t document;
  int line;
  Rule rule;
  std::string what;
  std::string next;
};

/// Collects what is wrong with one object.
class Findings {
 public:
  Findings(const Judged& judged, std::vector<Found>& found) : judged_(judged), found_(found) {}

  void add(Rule rule, int line, const std::string& what, const std::string& next);

 private:
  const Judged& judged_;
  std::vector<Found>& found_;
};

/// The names of objects that relays take their environment and files from.
struct Used {
  std::set<std::string> config_maps;
  std::set<std::string> secrets;
};
void add_used(const Judged& judged, Used& used);

/// Whether a container is one of the relay's; in a patch, whether it may be.
[[nodiscard]] bool concerns(const Judged& judged, const Container& container);

/// `judged` is a relay, or may be one.
void check_workload(const Judged& judged, Findings& findings);
void check_containers(const Judged& judged, Findings& findings);
void check_autoscaler(const Judged& judged, Findings& findings);
void check_kustomization(const Judged& judged, const Relays& relays, const Used& used,
                         const Manifests& manifests, std::vector<Found>& found);
/// ConfigMaps and Secrets, whether or not a relay uses them.
void check_data(const Judged& judged, const Used& used, Findings& findings);

}  // namespace headwater::kubernetes
