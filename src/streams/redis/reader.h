// Reads a Redis Stream from outside while relays write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/event/known_names.h"
#include "src/ports/stream.h"
#include "src/streams/redis/connection.h"
#include "src/streams/redis/keys.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// Connects when first needed, and again after every failure. It may read from a replica, which
/// accepts no acknowledgements.
class Reader final : public StreamReader {
 public:
  explicit Reader(const Options& options);

  /// Connects now, to check that it can, and that the stream is prepared.
  Result<void> open();

  Result<StreamRange> range() override;
  [[nodiscard]] std::string life() const override { return life_.value_or(""); }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override;
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  /// Its last sequence; fails if it is not the stream that this reader began with.
  Result<std::uint64_t> end_of_the_same();
  /// The two halves of end_of_the_same(): other answers may come between them.
  Result<void> ask_for_end();
  Result<std::uint64_t> answered_end();
  /// Its name in messages.
  [[nodiscard]] std::string place() const;
  Result<Answer> call(std::initializer_list<std::string_view> words);
  /// Returns at most `count` events from `from` on, or none if the first does not come in time or
  /// `wake` is readable. Fails if the stream ends before `from` - 1.
  Result<std::vector<StoredEvent>> read_some(std::uint64_t from, std::size_t count,
                                             Milliseconds wait, int wake);
  Result<std::vector<StoredEvent>> events_in(Reply entries);
  /// How many to request next, to get not much more than `bytes`.
  [[nodiscard]] std::size_t portion(std::size_t count, std::size_t bytes) const;
  Error closed(Error error);

  Options options_;
  Keys keys_;
  std::optional<std::string> life_;  // of the stream it began with
  std::optional<Connection> connection_;
  KnownNames known_;
  std::size_t last_portion_ = 0;  // the last events read, and their bytes
  std::size_t last_bytes_ = 0;
};

}  // namespace headwater::redis
