#include "src/kubernetes/objects.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/shell_word.h"
#include "src/kubernetes/yaml_text.h"

namespace headwater::kubernetes {

std::string filled(std::string_view text,
                   const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string result;
  while (true) {
    const std::size_t begin = text.find('@');
    result += text.substr(0, begin);
    if (begin == std::string_view::npos) return result;
    const std::size_t end = text.find('@', begin + 1);
    for (const auto& [name, value] : values) {
      if (name == text.substr(begin + 1, end - begin - 1)) result += value;
    }
    text.remove_prefix(end + 1);
  }
}

std::string selecting_labels(const std::string& name) {
  return "app.kubernetes.io/name: headwater\n"
         "app.kubernetes.io/instance: " +
         yaml_text(name) +
         "\n"
         "app.kubernetes.io/component: relay\n";
}

std::string metadata(const ManifestOptions& options, const std::string& name,
                     std::string_view component) {
  std::string text = "metadata:\n  name: " + yaml_text(name) + "\n";
  if (!options.name_space.empty()) text += "  namespace: " + yaml_text(options.name_space) + "\n";
  return text +
         "  labels:\n    app.kubernetes.io/name: headwater\n    app.kubernetes.io/instance: " +
         yaml_text(name) + "\n    app.kubernetes.io/component: " + std::string(component) +
         "\n    app.kubernetes.io/part-of: headwater\n"
         "    app.kubernetes.io/managed-by: headwater-k8s-manifest\n";
}

std::string secret_command(const ManifestOptions& options, const Needs& needs) {
  if (needs.variables.empty() && needs.files.empty()) return "";
  std::string text =
      "# The Secret is not in this file. Make it with the values in place of the dots:\n#\n"
      "#     kubectl create secret generic " +
      needs.name;
  if (!options.name_space.empty()) text += " -n " + options.name_space;
  for (const std::string& name : needs.variables) {
    text += " \\\n#       --from-literal=" + name + "='…'";
  }
  for (const SecretFile& file : needs.files) {
    text += " \\\n#       --from-file=" + yaml_comment(shell_word(file.key + "=" + file.from));
  }
  return text +
         "\n#\n# After a change of the Secret, restart the relays: kubectl rollout restart.\n";
}

std::string config_map(const ManifestOptions& options, const Needs& needs, std::string_view text) {
  return "apiVersion: v1\nkind: ConfigMap\n" + metadata(options, needs.name, "configuration") +
         "data:\n  headwater.yaml: " + yaml_block(text, 4);
}

std::string claim(const ManifestOptions& options, const Volume& volume) {
  constexpr std::string_view spec = R"(spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      # Room for what the retention keeps.
      storage: 10Gi
)";
  return "# What relays write to " + yaml_comment(volume.folder) +
         " is in here. Deleting the claim deletes it.\n"
         "apiVersion: v1\nkind: PersistentVolumeClaim\n" +
         metadata(options, volume.claim, "data") + std::string(spec);
}

std::string service_account(const ManifestOptions& options, const RelayNeeds& relay) {
  return "# A relay never talks to Kubernetes, so it gets no token for it.\n"
         "apiVersion: v1\nkind: ServiceAccount\n" +
         metadata(options, relay.name, "relay") + "automountServiceAccountToken: false\n";
}

std::string service(const ManifestOptions& options, const RelayNeeds& relay) {
  return "apiVersion: v1\nkind: Service\n" + metadata(options, relay.name, "relay") +
         "spec:\n  selector:\n" + indented(selecting_labels(relay.name), 4) +
         "  ports:\n"
         "    - { name: metrics, port: 9090, targetPort: metrics, protocol: TCP }\n";
}

std::string network_policy(const ManifestOptions& options, const RelayNeeds& relay) {
  std::string egress;
  if (!relay.ports) {
    egress =
        "    # The configuration does not name the ports of all its servers, so any is allowed.\n"
        "    - {}\n";
  } else {
    egress =
        "    # DNS.\n    - ports:\n        - { port: 53, protocol: UDP }\n"
        "        - { port: 53, protocol: TCP }\n";
  }
  if (relay.ports && !relay.ports->empty()) {
    egress +=
        "    # The ports in the configuration. Servers that announce others (members of a replica "
        "set,\n"
        "    # brokers of a cluster) need them here, too.\n    - ports:\n";
    for (const std::uint16_t port : *relay.ports) {
      egress += "        - { port: " + std::to_string(port) + ", protocol: TCP }\n";
    }
  }
  return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" +
         metadata(options, relay.name, "relay") + "spec:\n  podSelector:\n    matchLabels:\n" +
         indented(selecting_labels(relay.name), 6) +
         "  policyTypes: [Ingress, Egress]\n  ingress:\n    - ports:\n"
         "        - { port: metrics, protocol: TCP }\n  egress:\n" +
         egress;
}

std::string service_monitor(const ManifestOptions& options, const RelayNeeds& relay) {
  return "# For the Prometheus operator. Without it, kubectl reports that there is no such kind: "
         "leave\n"
         "# this document out then.\n"
         "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n" +
         metadata(options, relay.name, "relay") + "spec:\n  selector:\n    matchLabels:\n" +
         indented(selecting_labels(relay.name), 6) +
         "  endpoints:\n    - { port: metrics, path: /metrics }\n";
}

}  // namespace headwater::kubernetes
