// ConfigMaps, Secrets, and what a kustomization makes them from.
#include <algorithm>
#include <filesystem>

#include "src/kubernetes/checks.h"
#include "src/kubernetes/patches.h"
#include "src/kubernetes/path.h"
#include "src/kubernetes/secrets.h"

namespace headwater::kubernetes {
namespace {

constexpr const char* use_variable =
    "write ${NAME} or ${file:PATH} instead, and give the relay the Secret as a variable or a file";

std::string make_secret(const std::string& name) {
  return "take it out of the manifests; make it with: kubectl create secret generic " + name +
         " --from-file=…, or with an ExternalSecret, a SealedSecret or SOPS";
}

/// A certificate is no secret, and neither is what SOPS has encrypted or something fills in.
bool is_secret_entry(const yaml::Entry& entry) {
  return entry.value.is_scalar() && !entry.key.ends_with(".crt") && entry.key != "ca.pem" &&
         is_literal(entry.value.text);
}

void check_config_map(const Judged& judged, const Used& used, Findings& findings) {
  const Object& object = *judged.object;
  const bool by_relay = used.config_maps.count(object.name) > 0;
  for (const yaml::Entry& entry : entries_at(object.node, {"data"})) {
    if (!entry.value.is_scalar()) continue;
    if (!by_relay && !is_configuration(entry.key, entry.value.text)) continue;
    if (names_secret(entry.key) && is_literal(entry.value.text)) {
      findings.add(Rule::secret, entry.line, "'" + entry.key + "' is a secret in a ConfigMap",
                   make_secret(object.name));
      continue;
    }
    for (const OpenSecret& secret : secrets_in(entry.value, *object.file)) {
      findings.add(Rule::secret, secret.line, secret.what, use_variable);
    }
  }
}

void check_secret(const Judged& judged, const Used& used, Findings& findings) {
  const Object& object = *judged.object;
  if (used.secrets.count(object.name) == 0) return;
  for (const char* const key : {"data", "stringData"}) {
    const yaml::Entry* const data = entry_at(object.node, {key});
    if (data == nullptr) continue;
    const std::vector<yaml::Entry>& entries = data->value.entries;
    if (std::none_of(entries.begin(), entries.end(), is_secret_entry)) continue;
    findings.add(Rule::secret, data->line,
                 "Secret " + object.name + ", which a relay uses, stands in the manifest",
                 make_secret(object.name));
  }
}

std::string open_literal(const std::string& key, const std::string& name) {
  return "'" + key + "' of " + name + " is a secret in the open";
}

/// `literals` of a generator: "KEY=VALUE".
void check_generated(const yaml::Node& generator, const std::set<std::string>& names, bool secret,
                     Findings& findings) {
  const std::string name = text_at(&generator, {"name"});
  if (names.count(name) == 0) return;
  for (const yaml::Node& literal : items_at(&generator, {"literals"})) {
    const auto equals = literal.text.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = literal.text.substr(0, equals);
    const std::string value = literal.text.substr(equals + 1);
    const bool open = is_literal(value) && (secret || names_secret(key));
    if (!open && secret_shown_in(value).empty()) continue;
    findings.add(Rule::secret, literal.line, open_literal(key, name), make_secret(name));
  }
}

/// Its `files`, "KEY=PATH" or "PATH", become a ConfigMap. Those that were not read are said to be
/// not checked.
void check_generated_files(const yaml::Node& generator, const Object& kustomization,
                           const Used& used, const Manifests& manifests,
                           std::vector<Found>& found) {
  namespace fs = std::filesystem;
  const bool by_relay = used.config_maps.count(text_at(&generator, {"name"})) > 0;
  const fs::path folder = fs::path(kustomization.file->name).parent_path();
  for (const yaml::Node& named : items_at(&generator, {"files"})) {
    const auto equals = named.text.find('=');
    const std::string key = named.text.substr(0, equals);
    const std::string path = equals == std::string::npos ? key : named.text.substr(equals + 1);
    const fs::path wanted = (folder / path).lexically_normal();
    for (const Text& file : manifests.files) {
      if (fs::path(file.name).lexically_normal() != wanted) continue;
      if (!by_relay && !is_configuration(fs::path(key).filename(), file.text)) continue;
      // Its first line is line 1 of the file.
      const yaml::Node text{.kind = yaml::Node::Kind::scalar, .line = 0, .text = file.text};
      for (const OpenSecret& secret : secrets_in(text, file)) {
        found.push_back({&file, nullptr, 0, secret.line, Rule::secret, secret.what, use_variable});
      }
    }
  }
}

void check_replicas_of_kustomization(const yaml::Node& item, const Judged& judged,
                                     const Relays& relays, std::vector<Found>& found) {
  const yaml::Entry* const count = item.find("count");
  if (count == nullptr || (!count->value.quoted && count->value.text == "1")) return;
  const std::string name = text_at(&item, {"name"});
  Judged as = judged;
  as.role = relays.role_of({.kind = "", .name = name, .space = ""});
  if (as.role == Role::none) return;
  Findings(as, found).add(Rule::replicas, count->line,
                          "`count` of " + name + " is " + count->value.text, "write `count: 1`");
}

}  // namespace

void check_data(const Judged& judged, const Used& used, Findings& findings) {
  if (judged.object->kind == "ConfigMap") check_config_map(judged, used, findings);
  if (judged.object->kind == "Secret") check_secret(judged, used, findings);
}

void check_kustomization(const Judged& judged, const Relays& relays, const Used& used,
                         const Manifests& manifests, std::vector<Found>& found) {
  const Object& object = *judged.object;
  if (!is_kustomization(object)) return;
  for (const yaml::Node& item : items_at(object.node, {"replicas"})) {
    check_replicas_of_kustomization(item, judged, relays, found);
  }
  Findings findings(judged, found);
  for (const yaml::Node& item : items_at(object.node, {"secretGenerator"})) {
    check_generated(item, used.secrets, true, findings);
  }
  for (const yaml::Node& item : items_at(object.node, {"configMapGenerator"})) {
    check_generated(item, used.config_maps, false, findings);
    check_generated_files(item, object, used, manifests, found);
  }
}

}  // namespace headwater::kubernetes
