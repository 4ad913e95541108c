#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/kubernetes/objects.h"
#include "src/kubernetes/yaml_text.h"

namespace headwater::kubernetes {
namespace {

constexpr std::string_view deployment_spec = R"(spec:
  # One relay, and never an old one beside a new one. Two would not harm the stream, but only one of
  # them can append.
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
@SELECTOR@  template:
    metadata:
      labels:
@LABELS@        app.kubernetes.io/part-of: headwater
      annotations:
        # Of the configuration, so that a change of it restarts the relay.
        headwater/configuration: @HASH@
    spec:
      serviceAccountName: @NAME@
      automountServiceAccountToken: false
      # SIGTERM finishes the append under way and ends the relay within two seconds.
      terminationGracePeriodSeconds: 10
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: { type: RuntimeDefault }
      initContainers:
        # Prepares stream and source. Safe to repeat.
        - name: init
@INIT@      containers:
        - name: relay
@RELAY@      volumes:
@VOLUMES@)";

constexpr std::string_view container_text = R"(image: @IMAGE@
command: [headwater]
args: [@ARGS@]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources:
  requests: { cpu: 50m, memory: 64Mi }
  limits: { memory: 512Mi }
)";

// The relay serves both from its first moment, so it needs no startupProbe.
constexpr std::string_view probes = R"(ports:
  - { name: metrics, containerPort: 9090, protocol: TCP }
# A broker or a database that is down makes the relay unready. A restart would not bring it back.
livenessProbe:
  httpGet: { path: /livez, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
)";

std::string environment(const Needs& needs) {
  if (needs.variables.empty()) return "";
  std::string text = "env:\n";
  for (const std::string& name : needs.variables) {
    // A name is letters, digits and '_'. Quoted, because Y or NO is not a text in YAML 1.1.
    text += "  - name: " + yaml_text(name) +
            "\n    valueFrom:\n      secretKeyRef: { name: " + yaml_text(needs.name) +
            ", key: " + yaml_text(name) + " }\n";
  }
  return text;
}

std::string volume_name(std::size_t index) { return "data-" + std::to_string(index + 1); }

/// Each file is mounted by itself: a volume would hide the folder's other files, and the folder of
/// the configuration belongs to all of them.
std::string mounts(const RelayNeeds& relay) {
  std::string text =
      "volumeMounts:\n  - { name: configuration, mountPath: " + std::string(configuration_folder) +
      "/headwater.yaml, subPath: headwater.yaml, readOnly: true }\n";
  for (const SecretFile& file : relay.files) {
    text += "  - { name: files, mountPath: " + yaml_text(file.path) +
            ", subPath: " + yaml_text(file.key) + ", readOnly: true }\n";
  }
  for (std::size_t i = 0; i < relay.volumes.size(); ++i) {
    text += "  - { name: " + volume_name(i) + ", mountPath: " + yaml_text(relay.volumes[i].folder) +
            " }\n";
  }
  return text + "  - { name: tmp, mountPath: /tmp }\n";
}

std::string secret_volume(const Needs& needs, const RelayNeeds& relay) {
  if (relay.files.empty()) return "";
  std::string text = "- name: files\n  secret:\n    secretName: " + yaml_text(needs.name) +
                     "\n    defaultMode: 288 # 0440\n    items:\n";
  for (const SecretFile& file : relay.files) {
    text += "      - { key: " + yaml_text(file.key) + ", path: " + yaml_text(file.key) + " }\n";
  }
  return text;
}

std::string volumes(const Needs& needs, const RelayNeeds& relay) {
  std::string text =
      "- name: configuration\n  configMap: { name: " + yaml_text(needs.name) + " }\n";
  text += secret_volume(needs, relay);
  for (std::size_t i = 0; i < relay.volumes.size(); ++i) {
    const Volume& volume = relay.volumes[i];
    if (volume.of_source) {
      text +=
          "# The claim of the service whose database this is: write its name here. Processes share "
          "a\n"
          "# SQLite database on one machine only, and ReadWriteOnce brings the relay to the "
          "service's.\n";
    }
    text += "- name: " + volume_name(i) +
            "\n  persistentVolumeClaim: { claimName: " + yaml_text(volume.claim) + " }\n";
  }
  return text + "- name: tmp\n  emptyDir: {}\n";
}

/// A name that begins with '-' would be taken for an option.
std::string relay_option(const std::string& relay) {
  if (relay.starts_with('-')) return yaml_text("--relay=" + relay);
  return "--relay, " + yaml_text(relay);
}

std::string container(const ManifestOptions& options, const Needs& needs, const RelayNeeds& relay,
                      const std::string& args, std::string_view more) {
  return filled(container_text, {{"IMAGE", yaml_text(options.image)}, {"ARGS", args}}) +
         std::string(more) + environment(needs) + mounts(relay);
}

}  // namespace

std::string deployment(const ManifestOptions& options, const Needs& needs, const RelayNeeds& relay,
                       const std::string& hash) {
  const std::string target =
      "-c, " + std::string(configuration_folder) + "/headwater.yaml, " + relay_option(relay.relay);
  const std::string init =
      container(options, needs, relay, "init, " + target + ", --log, json", "");
  const std::string run =
      container(options, needs, relay,
                "run, " + target + ", --log, json, --metrics, \"0.0.0.0:9090\"", probes);
  const std::string labels = selecting_labels(relay.name);
  return "apiVersion: apps/v1\nkind: Deployment\n" + metadata(options, relay.name, "relay") +
         "  annotations:\n    headwater/relay: " + yaml_text(relay.relay) + "\n" +
         filled(deployment_spec, {{"SELECTOR", indented(labels, 6)},
                                  {"LABELS", indented(labels, 8)},
                                  {"HASH", yaml_text(hash)},
                                  {"NAME", yaml_text(relay.name)},
                                  {"INIT", indented(init, 10)},
                                  {"RELAY", indented(run, 10)},
                                  {"VOLUMES", indented(volumes(needs, relay), 8)}});
}

}  // namespace headwater::kubernetes
