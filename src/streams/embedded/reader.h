// Reads the file from outside while relays write.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/ports/stream.h"
#include "src/sqlite/database.h"
#include "src/streams/shared/spare_events.h"

namespace headwater::embedded {

/// Holds no read transaction between calls, so that the -wal can be emptied. Opens the file when
/// first needed, and again after every failure.
class Reader final : public StreamReader {
 public:
  Reader(std::string path, const Clock& clock);
  ~Reader() override;

  /// Opens the file now, to check that it can.
  Result<void> open();

  Result<StreamRange> range() override;
  [[nodiscard]] std::string life() const override {
    return life_ ? std::to_string(*life_) : std::string();
  }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  void reuse(std::vector<StoredEvent>&& events) override { spare_.reuse(std::move(events)); }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override;
  /// Not synced by itself: a power failure may undo the newest acknowledgements, and the consumer
  /// then gets those events again.
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  struct Session;

  Result<std::vector<StoredEvent>> read_now(std::uint64_t from, const ReadLimits& limits);
  /// Fails if the stream ends before `sequence`, the named consumer's place or the reader's own.
  Result<void> reaches(std::uint64_t sequence, const std::string& consumer);
  /// Opens the connection that records what consumers acknowledge.
  Result<sqlite::Database*> acknowledging();
  Error closed(Error error);

  std::string path_;
  const Clock* clock_;
  std::optional<std::int64_t> life_;  // of the stream it began with
  std::unique_ptr<Session> session_;
  streams::SpareEvents spare_;
};

}  // namespace headwater::embedded
