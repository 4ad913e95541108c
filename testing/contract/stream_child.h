// What the suite's child processes do to a stream, and the events that they and the suite write.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "src/event/event.h"
#include "src/ports/adapter.h"

namespace headwater::testing {

/// Event `number` of a relay, always the same.
[[nodiscard]] Event sample_event(const std::string& relay, std::uint64_t number);

/// Events first..first+count-1. Each says in its data how many of its batch come after it, so that
/// a batch cut short can be told from the stream alone.
[[nodiscard]] std::vector<Event> sample_batch(const std::string& relay, std::uint64_t first,
                                              std::uint64_t count);
/// 0 for the last of its batch.
[[nodiscard]] std::uint64_t batch_rest(const Event& event);

/// The position "so many events have been dealt with"; counted() also reads longer ones that begin
/// so.
[[nodiscard]] Position count_position(std::uint64_t count);
[[nodiscard]] std::uint64_t counted(const Position& position);

constexpr const char* sample_source = "sample:7e57";

/// The main function of a child, with what follows the stream's own arguments:
///   append RELAY COUNT [SIZE]   appends batches from where the tail is until COUNT events are in
///                               the stream, of SIZE events or of all sizes; prints the count
///                               after each
///   quiet RELAY COUNT [SIZE]   the same, printing nothing
///   persist RELAY COUNT   append, and after an error that may pass again from where the tail is
///   then race RELAY NAME COUNT   COUNT appends of one event each, "NAME:1"..., against others that
///   do
///                           the same: takes up the tail again after each conflict
/// Returns the exit code; 1 with the error printed to stderr.
int stream_child(StreamAdapter& stream, const std::vector<std::string>& arguments);

/// Appends sample events from where the tail is until `count` are in the stream, `batch` at a time;
/// 0: sizes from 1 to 97, never the same twice in a row. Says to `progress` how many there are.
Result<void> append_until(StreamWriter& writer, const std::string& relay, std::uint64_t count,
                          std::uint64_t batch, std::ostream& progress);

/// One racer, also for the suite's threads.
Result<void> race(StreamWriter& writer, const std::string& name, std::uint64_t count);

}  // namespace headwater::testing
