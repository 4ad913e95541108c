// The newest events of a stream, encoded once for all clients that follow it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/event.h"

namespace headwater::gateway {

/// Consecutive events as server-sent events.
struct Chunk {
  struct Mark {
    std::uint64_t sequence;
    std::size_t offset;
  };
  std::string bytes;
  std::vector<Mark> marks;  ///< Where each event begins; at least one.

  [[nodiscard]] std::uint64_t last() const { return marks.back().sequence; }
  /// Where the events from `sequence` on begin.
  [[nodiscard]] std::size_t offset_of(std::uint64_t sequence) const;
};
/// Besides a limit in bytes.
inline constexpr std::size_t most_events_in_a_chunk = 5'000;
using SharedChunk = std::shared_ptr<const Chunk>;

/// `events` is not empty.
[[nodiscard]] SharedChunk to_chunk(const std::vector<StoredEvent>& events);

/// Has every event of the stream from begin() to before end(). Any thread.
class Ring {
 public:
  explicit Ring(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// It begins, empty, at this sequence of the stream of this life; to be called once.
  void start(std::uint64_t at, std::string life);
  /// The next events of the stream. The oldest ones are dropped once there are too many bytes; the
  /// newest chunk stays.
  void add(SharedChunk chunk);
  /// The stream cannot be followed any further; nothing is added after this.
  void fail(Error error);

  /// The sequence after the last event that was added; 0 before start().
  [[nodiscard]] std::uint64_t end() const { return end_.load(std::memory_order_acquire); }
  /// Of the stream; empty before start(), or if it is unknown.
  [[nodiscard]] std::string life() const;
  [[nodiscard]] bool has_failed() const { return failed_.load(std::memory_order_acquire); }
  /// After has_failed().
  [[nodiscard]] Error error() const;

  /// The chunk with the first event from `next` on; null if there is none yet. Nothing: `next` is
  /// before begin().
  [[nodiscard]] std::optional<SharedChunk> chunk_from(std::uint64_t next) const;

 private:
  std::size_t most_bytes_;
  std::atomic<std::uint64_t> end_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::uint64_t begin_ = 0;
  std::string life_;
  std::deque<SharedChunk> chunks_;
  std::size_t bytes_ = 0;
  Error error_;
};

}  // namespace headwater::gateway
