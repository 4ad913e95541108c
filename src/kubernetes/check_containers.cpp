// Probes of a relay's containers, and secrets in their environment and arguments.
#include <algorithm>
#include <array>
#include <set>

#include "src/base/nearest.h"
#include "src/kubernetes/checks.h"
#include "src/kubernetes/path.h"
#include "src/kubernetes/secrets.h"

namespace headwater::kubernetes {
namespace {

std::string of_container(const Container& container) {
  return container.name.empty() ? "the container" : "container " + container.name;
}

std::string example(const std::string& probe) {
  const bool live = probe == "livenessProbe";
  return std::string("write `") + probe + ": {httpGet: {path: " + (live ? "/livez" : "/readyz") +
         ", port: 9090}}`, and `metrics: 0.0.0.0:9090` in the configuration";
}

/// Whether what the container lacks is missing in the cluster, too.
bool is_whole(const Judged& judged, const Container& container) {
  if (judged.whole) return true;
  return container.replaced &&
         (container.is_relay() || is_one_of(container.name, judged.relay_names));
}

constexpr std::array handlers = {"httpGet", "exec", "tcpSocket", "grpc"};

/// Whether nothing probes. The API refuses a probe without a handler, and a patch that has none
/// keeps the one that was there, unless it removes it.
bool is_no_probe(const yaml::Node& probe, bool whole) {
  if (is_removed(probe)) return true;
  bool removed = false;
  for (const char* const handler : handlers) {
    const yaml::Entry* const entry = probe.find(handler);
    if (entry == nullptr) continue;
    if (!is_removed(entry->value)) return false;
    removed = true;
  }
  return whole || removed;
}

/// A path that is left out is "/":
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
void check_path(const yaml::Entry& entry, bool whole, Findings& findings) {
  const yaml::Entry* const get = entry_at(&entry.value, {"httpGet"});
  if (get == nullptr) return;
  const std::string wanted = entry.key == "livenessProbe" ? "/livez" : "/readyz";
  const yaml::Entry* const path = get->value.find("path");
  if (path == nullptr && !whole && !is_not_merged(get->value)) return;
  const std::string text = text_at(&get->value, {"path"});
  const std::string asked = text.empty() ? "/" : text;
  if (asked == wanted) return;
  findings.add(Rule::probes, path == nullptr ? get->line : path->line,
               "`" + entry.key + "` asks " + asked + " instead of " + wanted,
               "write `path: " + wanted + "`");
}

void check_probe(const Judged& judged, const Container& container, const std::string& probe,
                 Findings& findings) {
  const yaml::Entry* const entry = container.node->find(probe);
  const bool whole = is_whole(judged, container);
  if (entry == nullptr) {
    if (!whole) return;
    return findings.add(Rule::probes, container.node->line,
                        "`" + probe + "` of " + of_container(container) + " is missing",
                        example(probe));
  }
  const bool says_all = whole || is_not_merged(entry->value);
  if (is_no_probe(entry->value, says_all)) {
    const bool empty = judged.whole && entry->value.is_mapping();
    return findings.add(Rule::probes, entry->line,
                        "`" + probe + "` of " + of_container(container) +
                            (empty ? " has no handler, such as `httpGet`" : " is removed"),
                        example(probe));
  }
  check_path(*entry, says_all, findings);
}

void check_variable(const yaml::Node& variable, Findings& findings) {
  const std::string name = text_at(&variable, {"name"});
  const yaml::Entry* const value = variable.find("value");
  if (value == nullptr || !value->value.is_scalar()) return;
  const std::string& text = value->value.text;
  const std::string shown = secret_shown_in(text);
  if (shown.empty() && !(names_secret(name) && is_literal(text))) return;
  findings.add(
      Rule::secret, value->line,
      "the variable " + name + " is " + (shown.empty() ? "a secret" : shown) + " in the open",
      "write `valueFrom: {secretKeyRef: {name: SECRET, key: " + name +
          "}}` instead of `value`, and make the Secret with: kubectl create secret "
          "generic SECRET --from-literal=" +
          name + "=…");
}

/// "--password=x", or "--password" and "x".
void check_words(const std::vector<yaml::Node>& words, Findings& findings) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].text;
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool option = word.starts_with("--") && names_secret(name);
    const std::string value = equals != std::string::npos ? word.substr(equals + 1)
                              : i + 1 < words.size()      ? words[i + 1].text
                                                          : "";
    const bool secret = option && is_literal(value) && !value.starts_with('-');
    const std::string shown = secret_shown_in(word);
    if (!secret && shown.empty()) continue;
    findings.add(Rule::secret, words[i].line,
                 secret ? "the argument " + name + " is a secret in the open"
                        : "an argument contains " + shown,
                 "put it into a Secret, and refer to it from the configuration as ${NAME} or "
                 "${file:PATH}");
  }
}

void check_secrets(const Container& container, Findings& findings) {
  for (const yaml::Node& variable : items_at(container.node, {"env"})) {
    check_variable(variable, findings);
  }
  check_words(items_at(container.node, {"command"}), findings);
  check_words(items_at(container.node, {"args"}), findings);
}

void add_name(const yaml::Node* node, std::initializer_list<std::string_view> path,
              std::set<std::string>& names) {
  const std::string name = text_at(node, path);
  if (!name.empty()) names.insert(name);
}

void add_volume(const yaml::Node& volume, Used& used) {
  add_name(&volume, {"configMap", "name"}, used.config_maps);
  add_name(&volume, {"secret", "secretName"}, used.secrets);
  for (const yaml::Node& source : items_at(&volume, {"projected", "sources"})) {
    add_name(&source, {"configMap", "name"}, used.config_maps);
    add_name(&source, {"secret", "name"}, used.secrets);
  }
}

}  // namespace

bool concerns(const Judged& judged, const Container& container) {
  if (container.runs == Runs::headwater && container.init) return true;
  if (judged.whole) {
    if (container.is_relay()) return true;
    // Named as a relay's, but nothing shows which container it is.
    return judged.relay_names.empty() && !container.init;
  }
  return container.name.empty() || judged.relay_names.empty() ||
         is_one_of(container.name, judged.relay_names);
}

void add_used(const Judged& judged, Used& used) {
  std::set<std::string> mounted;
  for (const Container& container : judged.pod.containers) {
    if (!concerns(judged, container)) continue;
    for (const yaml::Node& variable : items_at(container.node, {"env"})) {
      add_name(&variable, {"valueFrom", "configMapKeyRef", "name"}, used.config_maps);
      add_name(&variable, {"valueFrom", "secretKeyRef", "name"}, used.secrets);
    }
    for (const yaml::Node& all : items_at(container.node, {"envFrom"})) {
      add_name(&all, {"configMapRef", "name"}, used.config_maps);
      add_name(&all, {"secretRef", "name"}, used.secrets);
    }
    for (const yaml::Node& mount : items_at(container.node, {"volumeMounts"})) {
      add_name(&mount, {"name"}, mounted);
    }
  }
  for (const yaml::Node& pull : items_at(judged.pod.spec, {"imagePullSecrets"})) {
    add_name(&pull, {"name"}, used.secrets);
  }
  for (const yaml::Node& volume : items_at(judged.pod.spec, {"volumes"})) {
    if (mounted.count(text_at(&volume, {"name"})) > 0) add_volume(volume, used);
  }
}

void check_containers(const Judged& judged, Findings& findings) {
  for (const Container& container : judged.pod.containers) {
    if (!concerns(judged, container)) continue;
    check_secrets(container, findings);
    if (container.init || container.runs == Runs::until_current) continue;
    check_probe(judged, container, "livenessProbe", findings);
    check_probe(judged, container, "readinessProbe", findings);
  }
}

}  // namespace headwater::kubernetes
