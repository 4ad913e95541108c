// The objects of a manifest, each a YAML document. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/kubernetes/manifest.h"
#include "src/kubernetes/needs.h"

namespace headwater::kubernetes {

/// Replaces each `@NAME@` in a template. A value is YAML already.
[[nodiscard]] std::string filled(
    std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& values);

/// `metadata:` with name, namespace and labels. `component` is "relay", or "configuration" for what
/// the relays share.
[[nodiscard]] std::string metadata(const ManifestOptions& options, const std::string& name,
                                   std::string_view component);

/// The labels by which the relay's pods are found, and by which Prometheus finds its Service: one a
/// line.
[[nodiscard]] std::string selecting_labels(const std::string& name);

/// Comments with the command that makes the Secret; empty if there is nothing to put into it.
[[nodiscard]] std::string secret_command(const ManifestOptions& options, const Needs& needs);

[[nodiscard]] std::string config_map(const ManifestOptions& options, const Needs& needs,
                                     std::string_view text);
[[nodiscard]] std::string claim(const ManifestOptions& options, const Volume& volume);
[[nodiscard]] std::string service_account(const ManifestOptions& options, const RelayNeeds& relay);
[[nodiscard]] std::string service(const ManifestOptions& options, const RelayNeeds& relay);
[[nodiscard]] std::string network_policy(const ManifestOptions& options, const RelayNeeds& relay);
/// `hash` changes with the configuration.
[[nodiscard]] std::string deployment(const ManifestOptions& options, const Needs& needs,
                                     const RelayNeeds& relay, const std::string& hash);
[[nodiscard]] std::string service_monitor(const ManifestOptions& options, const RelayNeeds& relay);

}  // namespace headwater::kubernetes
