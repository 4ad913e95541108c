// What a writer has in hand while it appends. Only for the writer's own files.
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

struct Writer::Said {
  std::optional<std::uint64_t> repeats;
  bool began = false;
  bool alone = false;
};

struct Writer::Append {
  std::span<const Event> events;
  std::vector<std::string> ids;  ///< Message ids of the events.
  Mark mark;  ///< Of the last message; those before it say their event's position.
  Fence fence;
  Tail before;  ///< What `fence` goes with.
  std::stop_token stop{};
  Mark behind_event{};  ///< Of a message before the last one: the same for all but the position.
};

/// Of the events of an append: those that are stored together.
struct Writer::Piece {
  std::size_t first = 0;
  std::size_t end = 0;  ///< Of the one behind the last.
};

/// One message is answered in so many bytes: what the slowest way that is borne brings in half the
/// time that an answer is waited for.
constexpr std::size_t bytes_for_answer = least_bytes_a_second * 2;

/// About: without most of the headers.
[[nodiscard]] inline std::size_t bytes_of(const Event& event) {
  return event.data.size() + event.position.token.size();
}

}  // namespace headwater::nats
