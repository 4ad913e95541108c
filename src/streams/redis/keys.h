// The keys on the server (docs/formats/redis-stream.md).
#pragma once

#include <optional>
#include <string>

namespace headwater::redis {

struct Keys {
  std::string stream;     ///< The events.
  std::string tails;      ///< A hash: the tails, and the last sequence.
  std::string consumers;  ///< A hash: the last acknowledged sequence of each named consumer.
};

/// All in one hash slot, so that a cluster runs a script on them. Returns nothing for a key with
/// braces that are not a tag, or that give the derived names another tag.
/// https://redis.io/docs/reference/cluster-spec/#hash-tags
[[nodiscard]] inline std::optional<Keys> keys_of(const std::string& stream) {
  if (stream.empty()) return std::nullopt;
  std::string base = "{" + stream + "}";
  if (stream.find_first_of("{}") != std::string::npos) {
    const auto close = stream.find('}');
    const bool tag = stream.front() == '{' && close != std::string::npos && close > 1 &&
                     stream.find_first_of("{}", 1) == close &&
                     stream.find_first_of("{}", close + 1) == std::string::npos;
    if (!tag) return std::nullopt;
    base = stream;
  }
  return Keys{
      .stream = stream, .tails = base + ":headwater", .consumers = base + ":headwater:consumers"};
}

}  // namespace headwater::redis
