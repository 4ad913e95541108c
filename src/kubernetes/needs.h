// What a relay needs of its pod, as its configuration shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/config/config.h"

namespace headwater::kubernetes {

/// Where the configuration file is in the pod. Its relative paths start there.
inline constexpr const char* configuration_folder = "/etc/headwater";

/// A file that the pod gets from a Secret.
struct SecretFile {
  std::string path;  ///< In the pod.
  std::string from;  ///< On the machine where the configuration was written.
  std::string key;   ///< In the Secret.
};

/// A folder with data that must outlive the pod.
struct Volume {
  std::string folder;
  std::string claim;
  /// It holds the database of a service, so the claim is that service's.
  bool of_source = false;
};

struct RelayNeeds {
  std::string relay;  ///< As in the configuration.
  std::string name;   ///< Of its objects.
  std::vector<SecretFile> files;
  std::vector<Volume> volumes;
  /// The ports of its servers; nothing: any. Empty: it needs no network.
  std::optional<std::vector<std::uint16_t>> ports;
};

struct Needs {
  std::string name;  ///< Of what its relays share: the ConfigMap and the Secret.
  std::vector<std::string> variables;
  std::vector<SecretFile> files;  ///< Of all relays; what the Secret has to contain.
  std::vector<RelayNeeds> relays;
};

/// `file` is the path of the configuration, whose sections the adapters have read. Fails with
/// usage errors: `k8s.open_secret`, `k8s.path`, `k8s.relay_name`.
Result<Needs> needs_of(const config::Configuration& configuration, const std::string& file);

}  // namespace headwater::kubernetes
