// Where things stand on the server (docs/formats/redis-stream.md).
#pragma once

#include <optional>
#include <string>

namespace headwater::redis {

struct Keys {
  std::string stream;     ///< The events.
  std::string tails;      ///< A hash: the tails, and the last sequence.
  std::string consumers;  ///< A hash: what each named consumer has acknowledged.
};

/// All in one hash slot, so that a cluster runs a script on them. Nothing for a key with braces in
/// which they mean no tag, or another for the names derived from it.
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
