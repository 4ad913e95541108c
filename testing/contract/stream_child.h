// The suite's child processes and threads that append to a stream, and the events that they append.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "src/event/event.h"
#include "src/ports/adapter.h"

namespace headwater::testing {

/// Event `number` of a relay. The same number always gives the same event.
[[nodiscard]] Event sample_event(const std::string& relay, std::uint64_t number);

/// Events `first` to `first + count - 1`. The data of each says how many of its batch follow, so a
/// batch that was cut short is visible in the stream.
[[nodiscard]] std::vector<Event> sample_batch(const std::string& relay, std::uint64_t first,
                                              std::uint64_t count);
/// How many events of its batch follow this one.
[[nodiscard]] std::uint64_t batch_rest(const Event& event);

/// The position after `count` events.
[[nodiscard]] Position count_position(std::uint64_t count);
/// The number with which a position begins, so the number of events before it.
[[nodiscard]] std::uint64_t counted(const Position& position);

constexpr const char* sample_source = "sample:7e57";

/// The main function of a child. `arguments` follow the stream's own:
///
///   append RELAY COUNT [SIZE]   Appends batches of SIZE events (default: of all sizes) after the
///                               tail, until the stream has COUNT events. Prints the number of
///                               events after each batch.
///   quiet RELAY COUNT [SIZE]    The same, without printing.
///   persist RELAY COUNT         The same as append; retries errors that may pass.
///   race RELAY NAME COUNT       Appends COUNT events "NAME:1", "NAME:2", … one by one, in
///                               competition with other children. Reads the tail after a conflict.
///
/// Returns the exit code: 1 after an error, which is printed on stderr.
int stream_child(StreamAdapter& stream, const std::vector<std::string>& arguments);

/// Appends sample events after the tail, in batches of `batch`, until the stream has `count`. 0:
/// batches of 1 to 97 events, never the same size twice in a row. Writes the number of events to
/// `progress` after each batch.
Result<void> append_until(StreamWriter& writer, const std::string& relay, std::uint64_t count,
                          std::uint64_t batch, std::ostream& progress);

/// The command `race`, for a writer of a thread.
Result<void> race(StreamWriter& writer, const std::string& name, std::uint64_t count);

}  // namespace headwater::testing
