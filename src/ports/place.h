// A place in a stream belongs to one life of that stream: one that is deleted and made again has
// the same name and the same numbers, and other events.
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

/// What a consumer has acknowledged, and in which life of the stream.
struct Place {
  std::uint64_t sequence = 0;
  std::string life;
};

/// "4711 LIFE": how a place is kept where it can only be text.
[[nodiscard]] inline std::string to_text(const Place& place) {
  return std::to_string(place.sequence) + " " + place.life;
}

/// Without a blank: of no life that is known.
[[nodiscard]] inline Place place_in(std::string_view text) {
  const auto blank = text.find(' ');
  return {.sequence = number_in(text),
          .life = std::string(blank == std::string_view::npos ? "" : text.substr(blank + 1))};
}

/// How a person begins anew: as this consumer, or, without a name, as nobody.
[[nodiscard]] inline std::string begin_anew(const std::string& consumer) {
  std::string command = "headwater tail -c FILE --from earliest";
  if (consumer.empty()) return command;
  const bool plain = std::ranges::all_of(consumer, [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
  });
  if (plain) return command + " --consumer " + consumer;
  command += " --consumer '";
  for (const char letter : consumer) command += letter == '\'' ? "'\\''" : std::string(1, letter);
  return command + "'";
}

/// `stream`: for people. `consumer` is empty where somebody reads who keeps his place himself.
[[nodiscard]] inline Error made_anew(const std::string& stream, const std::string& consumer) {
  const std::string whose = consumer.empty() ? "this reader's place" : "consumer " + consumer;
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.made_anew",
          .message = stream + " was made anew; " + whose + " belongs to an earlier one",
          .next = begin_anew(consumer)};
}

/// The stream's `last` sequence is before `place`: what the consumer has acknowledged or, without
/// one, what stands before the place to read from.
[[nodiscard]] inline Error beyond_end(const std::string& stream, const std::string& consumer,
                                      std::uint64_t place, std::uint64_t last) {
  Error error{.remedy = Remedy::stop,
              .origin = Origin::stream,
              .name = "stream.beyond_end",
              .message = stream + " ends at " + std::to_string(last),
              .next = begin_anew(consumer)};
  if (consumer.empty()) {
    error.message += ": nothing can be read from " + std::to_string(place + 1) + " on";
    return error;
  }
  error.message += ", and consumer " + consumer + " is at " + std::to_string(place) +
                   ": the stream has lost its end, or is another";
  error.next = "let the relay fill it again; or begin anew: " + error.next;
  return error;
}

}  // namespace headwater
