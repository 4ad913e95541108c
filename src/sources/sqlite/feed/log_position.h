// The content of a position of the SQLite source. Specified in docs/formats/sqlite-position.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/event/value.h"

namespace headwater::sqlite {

/// The progress of the snapshot tasks: all before `task` are done, none after it has begun.
struct TaskState {
  std::int64_t task = 0;
  std::vector<Value> cursor;  ///< Key of the last row `task` has scanned; empty: it is done.

  bool operator==(const TaskState&) const = default;
};

struct LogPosition {
  std::string uuid;      ///< Of the database.
  std::int64_t seq = 0;  ///< Of the last processed log row; 0: before the first.
  /// Fingerprint of that row; none if it was never read (before the first row in the log).
  std::optional<std::uint64_t> hash;
  TaskState task;
  /// The row's state before change seq + 1 was returned (as a `read`), the change itself was not.
  bool read_ahead = false;
  /// The changes after it are gone and the stream has recorded that, so the policy may now be
  /// applied.
  bool lost = false;

  bool operator==(const LogPosition&) const = default;
};

/// The part of a position that many changes share, written once.
class PositionWriter {
 public:
  explicit PositionWriter(std::string_view uuid);
  /// Call it whenever the task's state changes.
  void task(const TaskState& state);
  [[nodiscard]] Position at(std::int64_t seq, std::optional<std::uint64_t> hash,
                            bool read_ahead) const;

 private:
  std::string prefix_;
  std::string suffix_;
};

[[nodiscard]] Position to_position(const LogPosition& position);
/// Fails with source.bad_position. Does not accept the empty position.
Result<LogPosition> parse_position(const Position& position);

}  // namespace headwater::sqlite
