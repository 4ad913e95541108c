// Patches: of kustomize (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/),
// of Flux's Kustomization, and JSON patches (RFC 6902).
#pragma once

#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// A list of operations with a path.
[[nodiscard]] bool is_json_patch(const yaml::Node& node);

[[nodiscard]] bool is_kustomization(const Object& object);

/// Adds one partial object for each operation of a JSON patch, which holds what it writes; a value
/// that is removed is null, and `move` removes what it takes. A mapping that it writes has
/// `$patch: replace`. `from` gives its place and target.
void add_json_patch(const yaml::Node& operations, const Object& from, Manifests& manifests);

/// Adds the patches inside a kustomization as objects, and tells those in files what they change.
void expand_kustomization(const Object& kustomization, Manifests& manifests);

}  // namespace headwater::kubernetes
