// Reads the stream ahead of the target, in a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/materialize/batch.h"
#include "src/materialize/decoder.h"
#include "src/materialize/retry.h"
#include "src/ports/stream.h"

namespace headwater::materialize {

/// Where to stop. Without any of them: never.
struct End {
  std::optional<std::uint64_t> sequence;  ///< After the last event up to this one.
  std::optional<WallTime> time;           ///< Before the first event that is later.
  bool at_end = false;                    ///< Also where the stream ends.
};

/// Where to begin.
struct Begin {
  CopyPlace after;
  bool incomplete = false;  ///< A new copy may begin without the stream's first events.
};

/// Fails with `materialize.beginning_removed` if the stream no longer has its first event.
Result<void> check_beginning(StreamReader& reader, const Retry& retry, const std::stop_token& stop);

/// The batches after a place, in order. At most two wait, so memory is bounded by three batches.
class Feed {
 public:
  /// `reader` and `retry` must outlive it. Nobody else may use the reader meanwhile.
  Feed(StreamReader& reader, DecoderOptions options, Begin begin, End end, const Retry& retry);
  /// Stops the thread.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Blocks until there is a batch, and returns it. The batch that ends the feed is marked, and may
  /// be empty. Returns nothing after `wait`, or after a stop. An error comes after the batches
  /// before it.
  Result<std::optional<Batch>> next(Milliseconds wait, std::stop_token stop);
  /// Takes a batch back, so that its memory is used again.
  void spend(Batch batch);

 private:
  void read_all(const std::stop_token& stop);
  Batch empty_batch();
  Result<Batch> fill(const std::stop_token& stop);
  Result<bool> take(Batch& batch, Milliseconds wait, const std::stop_token& stop);
  [[nodiscard]] bool is_past_end(const StoredEvent& stored) const;
  Result<void> check_skipped(std::uint64_t found, const std::stop_token& stop);
  bool push(Batch batch, const std::stop_token& stop);

  StreamReader& reader_;
  Decoder decoder_;
  CopyPlace place_;  // of the last event that was read
  bool incomplete_;
  End end_;
  const Retry& retry_;
  std::optional<Error> error_in_batch_;  // comes after the batch that is being filled

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Batch> queue_;
  std::vector<Batch> spent_;
  std::optional<Error> error_;
  std::jthread thread_;
};

}  // namespace headwater::materialize
