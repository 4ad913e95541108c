#include "src/kubernetes/needs.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/one_line.h"
#include "src/config/config.h"
#include "src/config/section.h"
#include "src/kubernetes/addresses.h"
#include "src/kubernetes/names.h"
#include "src/kubernetes/open_secrets.h"
#include "src/kubernetes/pod_files.h"

namespace headwater::kubernetes {
namespace {

using config::ReadText;
using config::TextUse;

Error open_secret(const SecretInFile& secret, const std::string& file, const std::string& name) {
  return {
      .name = "k8s.open_secret",
      .message = file + ":" + std::to_string(secret.line) + ": '" + secret.key + "' " +
                 secret.what + ", and the file becomes a ConfigMap, which is no place for secrets",
      .next = "write ${" + secret.variable +
              "} in its place, and put the value into a Secret: kubectl create secret generic " +
              name + " --from-literal=" + secret.variable + "='…'"};
}

/// Whether any text of this part of the file ("source.") has this use.
bool has(const std::vector<ReadText>& texts, std::string_view part, TextUse use) {
  return std::ranges::any_of(
      texts, [&](const ReadText& text) { return text.key.starts_with(part) && text.use == use; });
}

/// A source or stream without an address and without a file reaches its server in some other way.
std::optional<std::vector<std::uint16_t>> ports_of_relay(const std::vector<ReadText>& texts) {
  std::set<std::uint16_t> ports;
  for (const std::string_view part : {"source.", "stream."}) {
    if (!has(texts, part, TextUse::address) && !has(texts, part, TextUse::data)) {
      return std::nullopt;
    }
  }
  for (const ReadText& text : texts) {
    if (text.use != TextUse::address) continue;
    const auto found = ports_of(masked(text.written));
    if (!found) return std::nullopt;
    ports.insert(found->begin(), found->end());
  }
  return std::vector<std::uint16_t>(ports.begin(), ports.end());
}

/// What `run` opens. The other sections are for other commands.
std::vector<ReadText> texts_of_run(const config::RelayConfig& relay) {
  std::vector<ReadText> texts = relay.source.read_texts();
  config::Section whole = relay.whole;
  for (const config::Section& section : {relay.stream, whole.child("standby")}) {
    for (ReadText& text : section.read_texts()) texts.push_back(std::move(text));
  }
  return texts;
}

/// With one relay, its section is that of the whole file.
std::vector<ReadText> texts_of_file(const config::Configuration& configuration) {
  std::vector<ReadText> texts;
  if (configuration.top.has("relays")) texts = configuration.top.read_texts();
  for (const config::RelayConfig& relay : configuration.relays) {
    for (ReadText& text : relay.whole.read_texts()) texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::string> named(const config::RelayConfig& relay, const std::string& file,
                          const std::vector<RelayNeeds>& others) {
  if (!config::is_relay_name(relay.name) || relay.name.empty()) {
    return fail(
        {.name = "k8s.relay_name",
         .message = one_line(file + ": the relay's name is " + relay.name +
                             ", and the objects need one that does not depend on variables"),
         .next = "write the name itself, without ${}"});
  }
  std::string name = object_name(relay.name);
  for (const RelayNeeds& other : others) {
    if (other.name != name) continue;
    return fail({.name = "k8s.relay_name",
                 .message = file + ": the objects of relays '" + other.relay + "' and '" +
                            relay.name + "' would have the same name",
                 .next = "rename one of them"});
  }
  return name;
}

/// A folder that a source of any relay is in belongs to that source for all of them.
void name_claims(Needs& needs) {
  std::set<std::string> of_sources;
  for (const RelayNeeds& relay : needs.relays) {
    for (const Volume& volume : relay.volumes) {
      if (volume.of_source) of_sources.insert(volume.folder);
    }
  }
  for (RelayNeeds& relay : needs.relays) {
    for (Volume& volume : relay.volumes) {
      volume.of_source = of_sources.contains(volume.folder);
      const std::string path = volume.folder.substr(1);
      volume.claim = volume.of_source ? dns_label(path) : dns_label(needs.name + "-" + path);
    }
  }
}

}  // namespace

Result<Needs> needs_of(const config::Configuration& configuration, const std::string& file) {
  Needs needs;
  for (const config::RelayConfig& config : configuration.relays) {
    auto name = named(config, file, needs.relays);
    if (!name) return failed(name);
    needs.relays.push_back({.relay = config.name, .name = *std::move(name), .ports = {}});
  }
  needs.name = needs.relays.front().name;
  const std::vector<ReadText> texts = texts_of_file(configuration);
  if (const auto secret = find_open_secret(texts)) {
    return fail(open_secret(*secret, file, needs.name));
  }
  PodFiles pod(file);
  for (const ReadText& text : texts) {
    if (auto added = pod.add_references(text, needs); !added) return failed(added);
  }
  const std::vector<SecretFile> of_all = needs.files;
  for (std::size_t i = 0; i < needs.relays.size(); ++i) {
    RelayNeeds& relay = needs.relays[i];
    relay.files = of_all;
    const std::vector<ReadText> own = texts_of_run(configuration.relays[i]);
    relay.ports = ports_of_relay(own);
    for (const ReadText& text : own) {
      if (auto added = pod.add(text, relay); !added) return failed(added);
    }
    for (const SecretFile& secret : relay.files) {
      if (std::ranges::find(needs.files, secret.path, &SecretFile::path) == needs.files.end()) {
        needs.files.push_back(secret);
      }
    }
  }
  name_claims(needs);
  return needs;
}

}  // namespace headwater::kubernetes
