// What a position of the SQLite source says. Specified in docs/formats/sqlite-position.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/event/value.h"

namespace headwater::sqlite {

/// How far the snapshot tasks are: all before `task` are done, none after it has begun.
struct TaskState {
  std::int64_t task = 0;
  std::vector<Value> cursor;  ///< Key of the last row `task` has scanned; empty: it is done.

  bool operator==(const TaskState&) const = default;
};

struct LogPosition {
  std::string uuid;      ///< Of the database.
  std::int64_t seq = 0;  ///< Of the last log row dealt with; 0: before the first.
  /// Fingerprint of that row; none if nobody saw it (before the first row that is held).
  std::optional<std::uint64_t> hash;
  TaskState task;
  /// The row's state before change seq + 1 is out (as a `read`), the change itself is not.
  bool read_ahead = false;
  /// The changes behind it are gone, and the stream knows: what the policy says may now be done.
  bool lost = false;

  bool operator==(const LogPosition&) const = default;
};

/// The part of a position that is the same for many changes, written once.
class PositionWriter {
 public:
  explicit PositionWriter(std::string_view uuid);
  /// To be called whenever the task's state changes.
  void task(const TaskState& state);
  [[nodiscard]] Position at(std::int64_t seq, std::optional<std::uint64_t> hash,
                            bool read_ahead) const;

 private:
  std::string prefix_;
  std::string suffix_;
};

[[nodiscard]] Position to_position(const LogPosition& position);
/// Fails with source.bad_position. The empty position is not one of these.
Result<LogPosition> parse_position(const Position& position);

}  // namespace headwater::sqlite
