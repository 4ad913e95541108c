// Checks that Kubernetes manifests run each relay safely: `headwater k8s lint`.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/findings.h"
#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// `relays`: the names of the objects that are relays; empty: those that run `headwater run`, and
/// whatever may belong to one. Reads nothing but `inputs`, and fails at nothing: what is wrong with
/// an input is a finding.
[[nodiscard]] LintReport lint(const std::vector<Input>& inputs,
                              const std::vector<std::string>& relays);

}  // namespace headwater::kubernetes
