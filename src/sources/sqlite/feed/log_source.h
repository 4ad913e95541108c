// The Source of a prepared SQLite database.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"
#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sources/sqlite/feed/lost_position.h"
#include "src/sources/sqlite/feed/trimmer.h"
#include "src/sqlite/commit_watch.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct LogSourceOptions {
  std::string path;
  FeedScope scope;  ///< Its uuid and tables are filled in from the database.
  OnLost on_lost = OnLost::stop;
  Milliseconds history{0};
};

/// Opens the prepared database for reading and writing. Fails with source.not_prepared.
Result<Database> open_prepared(const std::string& path);

class LogSource final : public Source {
 public:
  /// `clock` must outlive it.
  static Result<std::unique_ptr<LogSource>> connect(LogSourceOptions options, const Clock& clock);

  [[nodiscard]] std::string identity() const override;
  using Source::open;
  /// Asks no more than a local file, so there is nothing to stop.
  Result<void> open(const Position& after, std::stop_token stop) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;
  Result<void> release(const Durable& durable) override;

 private:
  /// Everything that depends on one connection.
  struct Session {
    explicit Session(Database opened) : database(std::move(opened)), healer(database) {}
    Database database;
    std::string source;
    std::unique_ptr<Feed> feed;
    std::optional<Trimmer> trimmer;
    std::optional<CommitWatch> watch;
    Healer healer;
    Statement schema_version;
  };
  LogSource(LogSourceOptions options, const Clock& clock, std::unique_ptr<Session> session);

  static Result<std::unique_ptr<Session>> start(const LogSourceOptions& options,
                                                const Clock& clock);
  Result<void> go_to(const Position& after);
  Result<ChangeBatch> next_batch(const ReadLimits& limits, Milliseconds wait,
                                 const std::stop_token& stop);
  [[nodiscard]] Error explained(Error error);
  Result<void> in_place();
  Result<std::int64_t> schema_version();
  Result<PieceEnd> piece(const ReadLimits& limits, ChangeBatch& batch, bool verify);
  Result<PieceEnd> pieces(const ReadLimits& limits, const std::stop_token& stop,
                          ChangeBatch& batch);
  Result<ChangeBatch> finished(ChangeBatch batch);
  Result<void> hold_and_confirm(const Durable& durable);
  Result<void> hold(std::int64_t needed);
  Result<void> take_up(const LogPosition& place);
  Result<ChangeBatch> next_gap();
  Result<bool> recorded_loss(Milliseconds wait, const std::stop_token& stop, ChangeBatch& batch);
  Result<void> trim(std::size_t rows);

  LogSourceOptions options_;
  const Clock* clock_;
  std::unique_ptr<Session> session_;
  Position returned_;                // of the last batch
  bool reseek_ = false;              // a read failed: the feed's state is in doubt
  std::int64_t open_head_ = 0;       // what was committed at the first read
  bool healed_ = false;              // since open(), so that open_head_ counts
  bool held_ = false;                // the log is kept from the opened place on
  std::optional<Change> gap_;        // is returned first
  std::optional<LogPosition> lost_;  // the next place is known once the stream has this
  bool lost_confirmed_ = false;
  std::int64_t synced_ = 0;  // changes known to be on stable storage
};

}  // namespace headwater::sqlite
