// The files outside a kustomization that become a part of what it renders.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/findings.h"
#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// Files, folders and addresses that kustomizations name and that are not among the inputs, each
/// once. Looks only at names.
[[nodiscard]] std::vector<LintSkipped> unread_parts(const Manifests& manifests,
                                                    const std::vector<Input>& inputs);

}  // namespace headwater::kubernetes
