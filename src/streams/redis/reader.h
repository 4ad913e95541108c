// Reads a Redis Stream from outside while relays write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/ports/stream.h"
#include "src/streams/redis/connection.h"
#include "src/streams/redis/keys.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// Connects when it is first needed, and anew after every failure. It may read from a replica,
/// which takes no acknowledgements.
class Reader final : public StreamReader {
 public:
  explicit Reader(const Options& options);

  /// Connects now, to find out whether it can be, and whether the stream is prepared.
  Result<void> open();

  Result<StreamRange> range() override;
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  Result<std::uint64_t> acknowledged(const std::string& consumer) override;
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  /// Its last sequence; fails if it is not the stream this reader began with.
  Result<std::uint64_t> end_of_the_same();
  /// The same, and it ends no earlier than before `from`.
  Result<void> reaches(std::uint64_t from);
  /// For people.
  [[nodiscard]] std::string place() const;
  Result<Answer> call(std::initializer_list<std::string_view> words);
  /// What stands behind `from`, `count` events at the most; waits for the first of them.
  Result<std::vector<StoredEvent>> read_some(std::uint64_t from, std::size_t count,
                                             Milliseconds wait, int wake);
  Result<std::vector<StoredEvent>> events_in(Reply entries);
  /// How many to ask for next, not to be given much more than `bytes`.
  [[nodiscard]] std::size_t portion(std::size_t count, std::size_t bytes) const;
  Error closed(Error error);

  Options options_;
  Keys keys_;
  std::optional<std::string> life_;  // of the stream it began with
  std::optional<Connection> connection_;
  std::size_t last_portion_ = 0;  // events that came last, and their bytes
  std::size_t last_bytes_ = 0;
};

}  // namespace headwater::redis
