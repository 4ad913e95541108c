// The audit of a stream against a SQLite database: ids are gapless numbers, so counting them is
// exact.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/ports/audit.h"
#include "src/sources/shared/ledger/number_ledger.h"
#include "src/sources/shared/ledger/seen_keys.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct LogAuditOptions {
  std::string path;
  FeedScope scope;       ///< Its uuid and tables are filled in from the database.
  bool snapshot = true;  ///< The rows from before the capture were requested.
};

/// Compares everything at one point, the newest change at begin(). In WAL mode it holds a read
/// snapshot from there on. In rollback-journal mode that would block the writers' commits, so it
/// reads the tables in short transactions and undoes later changes with the log's before images, as
/// a snapshot does; the log must still have them then. Writes nothing into the database.
class LogAudit final : public Audit {
 public:
  /// Fails with source.not_prepared.
  static Result<std::unique_ptr<LogAudit>> connect(LogAuditOptions options);
  ~LogAudit() override;

  Result<void> begin(const Position& tail) override;
  void stream_has_aged(bool aged) override { aged_ = aged; }
  Result<bool> observe(const StoredEvent& stored) override;
  Result<std::vector<Change>> pending(const ReadLimits& limits) override;
  Result<std::vector<Change>> rows(const ReadLimits& limits) override;
  [[nodiscard]] bool complete_from_start() const override { return snapshot_; }
  Result<IdFindings> findings(std::stop_token stop) override;

 private:
  LogAudit(Database database, RelayRow relay, bool snapshot);

  Result<void> inside(const std::function<Result<void>()>& body);
  Result<void> observe_change(const Event& event, std::int64_t seq);
  Result<void> observe_gap(const Event& event, std::optional<std::int64_t> seq);
  Result<void> prepare_rows();
  Result<std::vector<Change>> read(Feed& feed, const ReadLimits& limits,
                                   const std::function<Result<bool>(const Change&)>& wanted);
  Result<bool> is_pending(const Change& change);
  Result<std::uint64_t> due(std::int64_t first, std::int64_t last);
  Result<std::uint64_t> missing(std::int64_t first, std::int64_t last, bool examples);

  Database database_;
  RelayRow relay_;
  bool snapshot_;
  bool held_ = false;  // one read transaction from begin() to the end
  std::int64_t point_ = 0;
  std::int64_t tail_ = 0;   // the number of the tail's position
  std::int64_t least_ = 0;  // oldest row of the log at the point
  std::int64_t first_ = 0;  // the relay's first change
  bool any_event_ = false;
  bool aged_ = false;            // the stream's beginning has been removed
  std::int64_t first_seen_ = 0;  // the first change in the stream; 0: none yet
  std::unique_ptr<Feed> pending_;
  std::unique_ptr<Feed> rows_;
  std::optional<sources::NumberLedger> ledger_;
  std::optional<sources::SeenKeys> reads_;
  Statement count_;
  IdFindings found_;
};

}  // namespace headwater::sqlite
