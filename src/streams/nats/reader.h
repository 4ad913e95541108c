// Reads a JetStream stream in order, with a consumer that leaves nothing on the server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/event/known_names.h"
#include "src/ports/stream.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"
#include "src/streams/shared/spare_events.h"

namespace headwater::nats {

/// Connects again after each failure.
class Reader final : public StreamReader {
 public:
  Reader(const Options& options, Subjects subjects);

  Result<void> open();

  Result<StreamRange> range() override;
  [[nodiscard]] std::string life() const override { return life_; }
  /// Messages that only move the position have numbers, too.
  Result<bool> has_beginning() override;
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  void reuse(std::vector<StoredEvent>&& events) override { spare_.reuse(std::move(events)); }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override;
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  Result<std::uint64_t> last_event();
  /// The last sequence, of an event or a position. Fails if this is not the stream that the reader
  /// began with.
  Result<std::uint64_t> end_of_the_same();
  /// Fails if the stream ends before `sequence`; it is the place of `consumer`, unless that is
  /// empty.
  Result<void> reaches(std::uint64_t sequence, const std::string& consumer);
  /// What the consumer has acknowledged in this stream, and the revision of that entry.
  struct Acknowledged {
    bool registered = false;
    std::uint64_t sequence = 0;
    std::uint64_t revision = 0;
  };
  Result<Acknowledged> acknowledged_by(const std::string& consumer);
  Result<void> subscribe(std::uint64_t from);
  /// Sets `event` to the next one; returns false if none comes in time or `stop` is requested.
  Result<bool> next(StoredEvent& event, Milliseconds wait, const std::stop_token& stop);
  /// The same, but also notices that the stream was deleted.
  Result<bool> wait_for_next(StoredEvent& event, Milliseconds wait, const std::stop_token& stop);
  Result<void> look_for_end();
  /// After a wait in which nothing came: fails unless the events up to the known end are gone.
  Result<void> expect_no_more();
  Error closed(Error error);

  Options options_;
  Subjects subjects_;
  std::string life_;  // creation time of the stream that it began with; empty: not begun
  KnownNames names_;
  std::unique_ptr<Connection> connection_;  // for requests
  // For events: on a slow link, they would delay the answers to requests too long.
  std::unique_ptr<Connection> feed_;
  std::optional<Delivery> delivery_;  // destroyed before its connection
  std::uint64_t next_ = 0;            // the first that was not returned
  std::uint64_t known_end_ = 0;       // the last event when it was looked for; 0: none
  std::optional<StoredEvent> held_;   // received, but did not fit into the last result
  streams::SpareEvents spare_;
};

}  // namespace headwater::nats
