// Where on NATS an event stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/event/event.h"

namespace headwater::nats {

/// The subjects of one stream, from a template such as "events.{database}.{table}.{key}". What is
/// put in is percent-encoded where NATS would take it for more than a word, and cut after 200
/// bytes; nothing is "-". They are for routing: the headers say exactly what the event is.
class Subjects {
 public:
  /// Nothing for a template without a fixed first word, or with an unknown {word}.
  static std::optional<Subjects> from(std::string_view stream, std::string_view words);

  [[nodiscard]] std::string of(const Event& event) const;
  /// All events: "events.>".
  [[nodiscard]] std::string events() const { return begin_ + ">"; }
  /// Positions that moved without an event.
  [[nodiscard]] const std::string& positions() const { return positions_; }

 private:
  std::string begin_;  // up to the first word that is put in; ends with a point
  std::string rest_;
  std::string positions_;
};

}  // namespace headwater::nats
