// The state of an append in progress. Only for the writer's own files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "src/streams/nats/writer.h"

namespace headwater::nats {

struct Writer::Outcome {
  std::optional<std::uint64_t> repeats;
  bool began = false;
  bool alone = false;
};

struct Writer::Append {
  std::span<const Event> events;
  std::vector<std::string> ids;  ///< Message ids of the events.
  Mark mark;                     ///< Of the last message; the others have their event's position.
  Fence fence;
  Tail before;  ///< The tail at `fence`.
  std::stop_token stop{};
  Mark behind_event{};  ///< Of a message before the last one: the same for all but the position.
};

/// The events of an append that are stored together.
struct Writer::Piece {
  std::size_t first = 0;
  std::size_t end = 0;  ///< The index after its last event.
};

/// One message in so many bytes is acknowledged: what the slowest supported connection carries in
/// half the time that an answer may take.
constexpr std::size_t bytes_for_answer = least_bytes_a_second * 2;

/// Approximately: without most of the headers.
[[nodiscard]] inline std::size_t bytes_of(const Event& event) {
  return event.data.size() + event.position.token.size();
}

}  // namespace headwater::nats
