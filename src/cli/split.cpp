#include "src/cli/split.h"

#include <utility>

namespace headwater::cli {
namespace {

Error bad_name(const std::string& relay, const std::string& part) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.bad_relay_name",
          .message = "relay '" + relay + "' would have a part named '" + part + "' (" +
                     std::to_string(part.size()) +
                     " characters); a name has at most 64 letters, digits, '-', '_' or '.'",
          .next = "shorten the name of relay '" + relay +
                  "', or list the part as a relay under `relays:` with its own name"};
}

Error takes_one(const std::string& relay, const StreamAdapter& stream, std::size_t parts) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.several_relays",
          .message = "relay '" + relay + "' follows " + std::to_string(parts) +
                     " things with a relay for each, but its stream (" + stream.describe() +
                     ") accepts only one relay",
          .next = "list each of them as a relay under `relays:`, with its own stream"};
}

}  // namespace

Result<std::vector<ConfiguredRelay>> split(const config::RelayConfig& config,
                                           std::vector<NamedSource> sources,
                                           const MakeStream& make_stream) {
  std::vector<ConfiguredRelay> relays;
  for (NamedSource& source : sources) {
    std::string name = source.relay_name(config.name);
    if (!config::is_relay_name(name)) return fail(bad_name(config.name, name));
    auto stream = make_stream();
    if (!stream) return failed(stream);
    if (sources.size() > 1 && !(*stream)->takes_several_relays()) {
      return fail(takes_one(config.name, **stream, sources.size()));
    }
    relays.push_back({.name = std::move(name),
                      .text = config.text,
                      .on_conflict = config.on_conflict,
                      .takeover_after = config.takeover_after,
                      .append_pause = config.append_pause.value_or((*stream)->append_pause()),
                      .source = std::move(source.adapter),
                      .stream = *std::move(stream)});
  }
  return relays;
}

}  // namespace headwater::cli
