// One relay's writer to the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "src/ports/stream.h"
#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"
#include "src/streams/embedded/retention.h"

namespace headwater::embedded {

/// Opens the file when first needed, and again after failures that may have left state in the
/// connection.
class Writer final : public StreamWriter {
 public:
  Writer(std::string relay, const Options& options, const Clock& clock);
  ~Writer() override;

  /// Opens the file now, to check that it can.
  Result<void> open();

  using StreamWriter::append;
  using StreamWriter::tail;
  /// Neither blocks long enough to be stopped: for a second at most, if another program has locked
  /// the file.
  Result<Durable> tail(std::stop_token stop) override;
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override;
  /// SQLite's default limit of a row (SQLITE_LIMIT_LENGTH).
  [[nodiscard]] StreamLimits limits() const override { return {.event = 1'000'000'000}; }
  Result<bool> maintain() override;
  Result<StreamRoom> room() override;

 private:
  struct Session;

  struct End {
    Tail tail;
    std::uint64_t last = 0;  ///< Of the whole stream.
  };
  Result<End> read_end();
  [[nodiscard]] Error events_lost(const End& end) const;
  Result<Tail> write(const Tail& expected, std::span<const Event> events, const Position& position,
                     const std::string& source);
  Result<void> insert(std::uint64_t sequence, const Event& event);
  Result<std::int64_t> kind_of(const Event& event, std::string_view id_prefix);
  Error not_appended(Error error);
  /// Returns the error after a failure and closes the session, so that the next call opens a new
  /// one.
  Error closed(Error error);
  /// Moves the content of the -wal into the file once there is enough of it.
  void checkpoint();

  std::string relay_;
  std::string path_;
  const Clock* clock_;
  Housekeeper housekeeper_;
  std::unique_ptr<Session> session_;
};

}  // namespace headwater::embedded
