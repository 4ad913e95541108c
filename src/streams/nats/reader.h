// Reads a JetStream stream back, in order, by a consumer that leaves no trace.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/ports/stream.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

/// Connects anew after every failure.
class Reader final : public StreamReader {
 public:
  Reader(const Options& options, Subjects subjects);

  Result<void> open();

  Result<StreamRange> range() override;
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  Result<std::uint64_t> acknowledged(const std::string& consumer) override;
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  Result<std::uint64_t> last_event();
  /// Its last sequence, an event's or not; fails if it is not the stream this reader began with.
  Result<std::uint64_t> end_of_the_same();
  /// Fails if the stream ends before `sequence`, which is the consumer's, if it is named.
  Result<void> reaches(std::uint64_t sequence, const std::string& consumer);
  /// What the consumer has acknowledged in this stream, and which writing of it that is.
  struct Acknowledged {
    std::uint64_t sequence = 0;
    std::uint64_t revision = 0;
  };
  Result<Acknowledged> acknowledged_by(const std::string& consumer);
  Result<void> subscribe(std::uint64_t from);
  /// The next event; nothing if none comes in time, or `stop` was requested.
  Result<std::optional<StoredEvent>> next(Milliseconds wait, const std::stop_token& stop);
  /// The same, and it notices if the stream is deleted meanwhile.
  Result<std::optional<StoredEvent>> wait_for_next(Milliseconds wait, const std::stop_token& stop);
  Error closed(Error error);

  Options options_;
  Subjects subjects_;
  std::string life_;  // when the stream it began with was made; empty: it has not begun
  std::unique_ptr<Connection> connection_;  // for questions
  // For events: on a slow link, what comes unasked would keep answers waiting too long.
  std::unique_ptr<Connection> feed_;
  std::optional<Delivery> delivery_;  // goes before its connection
  std::uint64_t next_ = 0;            // the first that was not given
  std::optional<StoredEvent> held_;   // came, and did not fit in
};

}  // namespace headwater::nats
