// The subject of an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/event/event.h"

namespace headwater::nats {

/// The subjects of one stream, from a template such as "events.{database}.{table}.{key}". The
/// values are percent-encoded where NATS would see more than one word, and cut after 200 bytes; an
/// empty value becomes "-". Subjects are for routing; the headers have the exact values.
class Subjects {
 public:
  /// nullopt for a template without a fixed first word, or with an unknown {word}.
  static std::optional<Subjects> from(std::string_view stream, std::string_view words);

  [[nodiscard]] std::string of(const Event& event) const;
  /// All events: "events.>".
  [[nodiscard]] std::string events() const { return begin_ + ">"; }
  /// For messages with only a position.
  [[nodiscard]] const std::string& positions() const { return positions_; }

 private:
  std::string begin_;  // up to the first value; ends with a dot
  std::string rest_;
  std::string positions_;
};

}  // namespace headwater::nats
