// A place belongs to one life of a stream. A stream that is deleted and created again has the same
// name and numbers but other events.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/number_in.h"

namespace headwater {

/// Whether these are the lives of two streams. An empty one is unknown.
[[nodiscard]] inline bool are_different_lives(std::string_view one, std::string_view other) {
  return !one.empty() && !other.empty() && one != other;
}

/// The last sequence a consumer has acknowledged, and the life of the stream that it belongs to.
struct Place {
  std::uint64_t sequence = 0;
  std::string life;
};

/// "4711 LIFE": a place as text, for stores that only take text.
[[nodiscard]] inline std::string to_text(const Place& place) {
  return std::to_string(place.sequence) + " " + place.life;
}

/// Text without a blank is a place whose life is unknown.
[[nodiscard]] inline Place place_in(std::string_view text) {
  const auto blank = text.find(' ');
  return {.sequence = number_in(text),
          .life = std::string(blank == std::string_view::npos ? "" : text.substr(blank + 1))};
}

/// The command that starts reading again without a consumer; or that lets this consumer, whoever runs
/// it, start again: it prints nothing.
[[nodiscard]] inline std::string start_again_command(const std::string& consumer) {
  std::string command = "headwater tail -c FILE --from earliest";
  if (consumer.empty()) return command;
  command += " -n 0";
  const bool plain = std::ranges::all_of(consumer, [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
  });
  if (plain) return command + " --consumer " + consumer;
  command += " --consumer '";
  for (const char letter : consumer) command += letter == '\'' ? "'\\''" : std::string(1, letter);
  return command + "'";
}

/// `stream` is its name in the message. `consumer` is empty if the reader keeps its place itself.
[[nodiscard]] inline Error recreated(const std::string& stream, const std::string& consumer) {
  const std::string whose = consumer.empty() ? "this reader's place" : "consumer " + consumer;
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.recreated",
          .message =
              stream + " was deleted and created again; " + whose + " belongs to the earlier one",
          .next = start_again_command(consumer)};
}

/// The stream's `last` sequence is before `place`, which is the consumer's last acknowledged
/// sequence or, without a consumer, the sequence before the first to read.
[[nodiscard]] inline Error beyond_end(const std::string& stream, const std::string& consumer,
                                      std::uint64_t place, std::uint64_t last) {
  Error error{.remedy = Remedy::stop,
              .origin = Origin::stream,
              .name = "stream.beyond_end",
              .message = stream + " ends at " + std::to_string(last),
              .next = start_again_command(consumer)};
  if (consumer.empty()) {
    error.message += ", so there is nothing to read from " + std::to_string(place + 1) + " on";
    return error;
  }
  error.message += ", and consumer " + consumer + " is at " + std::to_string(place) +
                   ": the stream has lost its end, or was replaced";
  error.next = "let the relay refill it, or start again: " + error.next;
  return error;
}

}  // namespace headwater
