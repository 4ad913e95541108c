// The changes that are committed and not yet in the stream.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/source.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/shared/ledger/seen_keys.h"

namespace headwater::mongodb {

/// Reads the change stream after the stream's tail, up to a point that moves on. They are read
/// without lookups: a document that is looked up now could be newer than the point. One thread;
/// blocks for as long as the server takes.
class PendingChanges {
 public:
  static Result<PendingChanges> make(std::unique_ptr<Source> source);

  /// Opens the change stream at the tail, so that what fails does so at once.
  Result<void> begin(Position tail);
  /// From here on, everything up to `point` is due.
  void move_to(ClusterTime point);
  /// More changes up to the point; empty: there are no more.
  Result<std::vector<Change>> next(const ReadLimits& limits);

  /// How many were returned, and the time of the last.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] ClusterTime last_time() const { return last_time_; }
  /// Whether this one was returned.
  Result<bool> has(std::string_view id) { return ids_.has(0, id); }

 private:
  struct Timed {
    Change change;
    ClusterTime time;
  };
  PendingChanges(std::unique_ptr<Source> source, sources::SeenKeys ids)
      : source_(std::move(source)), ids_(std::move(ids)) {}
  Result<void> read(const ReadLimits& limits);

  std::unique_ptr<Source> source_;
  sources::SeenKeys ids_;
  ClusterTime point_;
  std::deque<Timed> read_;  // those after the point are for a later one
  Position read_to_;        // of the last one read
  bool open_ = false;       // since the point is this one
  bool drained_ = false;    // all up to the point are read
  std::uint64_t count_ = 0;
  ClusterTime last_time_;
};

}  // namespace headwater::mongodb
