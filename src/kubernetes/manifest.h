// Kubernetes objects for the relays of a configuration file.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/config/config.h"

namespace headwater::kubernetes {

struct ManifestOptions {
  std::string file;          ///< The configuration's path.
  std::string relay{};       ///< Only this relay; empty: all.
  std::string image;         ///< Whose `headwater` is in its PATH.
  std::string name_space{};  ///< Of every object; empty: the one that kubectl uses.
};

/// YAML for `kubectl apply -f -`: for each relay a ServiceAccount, Service, NetworkPolicy, Deployment
/// and ServiceMonitor, and once a ConfigMap and the claims of what the relays write. The Secret is
/// not among them; a comment shows how to make it. Depends on nothing but its arguments.
///
/// `survey` is the file, whose sections the adapters have read. Fails with usage errors:
/// `k8s.open_secret`, `k8s.path`, `k8s.relay_name`, `k8s.encoding`, `config.unknown_relay`.
Result<std::string> manifest(const ManifestOptions& options, const config::Survey& survey);

}  // namespace headwater::kubernetes
