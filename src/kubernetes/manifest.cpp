#include "src/kubernetes/manifest.h"

#include <xxhash.h>

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/hex.h"
#include "src/base/nearest.h"
#include "src/base/one_line.h"
#include "src/event/json_text.h"
#include "src/kubernetes/needs.h"
#include "src/kubernetes/objects.h"
#include "src/kubernetes/yaml_text.h"

namespace headwater::kubernetes {
namespace {

std::string configuration_hash(std::string_view text) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(text.data(), text.size()));
  std::string hash;
  for (const unsigned char byte : bytes.digest) {
    hash += hex_digits[byte >> 4U];
    hash += hex_digits[byte & 15U];
  }
  return "xxh128-" + hash;
}

Error unknown_relay(const ManifestOptions& options, const Needs& needs) {
  std::vector<std::string> names;
  for (const RelayNeeds& relay : needs.relays) names.push_back(relay.relay);
  return {.name = "config.unknown_relay",
          .message = one_line(options.file + " has no relay '" + options.relay + "'" +
                              suggestion(options.relay, names, "names")),
          .next = "give one of its names: --relay " + names.front()};
}

std::string head(const ManifestOptions& options, const Needs& needs) {
  const std::string file = std::filesystem::path(options.file).filename().string();
  return "# The relays of " + yaml_comment(file) + ", by headwater k8s manifest.\n" +
         secret_command(options, needs);
}

bool is_chosen(const ManifestOptions& options, const RelayNeeds& relay) {
  return options.relay.empty() || options.relay == relay.relay;
}

/// What the relays share.
std::vector<std::string> shared_objects(const ManifestOptions& options, const Needs& needs,
                                        std::string_view text) {
  std::vector<std::string> documents{head(options, needs) + config_map(options, needs, text)};
  std::set<std::string> claims;
  for (const RelayNeeds& relay : needs.relays) {
    for (const Volume& volume : relay.volumes) {
      if (!is_chosen(options, relay) || volume.of_source) continue;
      if (claims.insert(volume.claim).second) documents.push_back(claim(options, volume));
    }
  }
  return documents;
}

}  // namespace

Result<std::string> manifest(const ManifestOptions& options, const config::Survey& survey) {
  if (!is_utf8(survey.text) || survey.text.find('\0') != std::string::npos) {
    return fail({.name = "k8s.encoding",
                 .message = options.file + " is not UTF-8, and a ConfigMap can hold nothing else",
                 .next = "write the file in UTF-8"});
  }
  auto needs = needs_of(survey.configuration, options.file);
  if (!needs) return failed(needs);
  std::vector<std::string> documents = shared_objects(options, *needs, survey.text);
  const std::size_t shared = documents.size();
  for (const RelayNeeds& relay : needs->relays) {
    if (!is_chosen(options, relay)) continue;
    documents.push_back(service_account(options, relay));
    documents.push_back(service(options, relay));
    documents.push_back(network_policy(options, relay));
    documents.push_back(deployment(options, *needs, relay, configuration_hash(survey.text)));
    documents.push_back(service_monitor(options, relay));
  }
  if (documents.size() == shared) return fail(unknown_relay(options, *needs));
  std::string text;
  for (const std::string& document : documents) text += (text.empty() ? "" : "---\n") + document;
  return text;
}

}  // namespace headwater::kubernetes
