// The audit of a stream against a PostgreSQL database.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/audit.h"
#include "src/sources/postgresql/feed/pg_log.h"
#include "src/sources/postgresql/feed/pg_tables.h"
#include "src/sources/shared/ledger/event_ledger.h"

namespace headwater::postgresql {

/// All rows are those of one snapshot, whose transaction is open meanwhile. The slot has forgotten
/// what is in the stream, so that the ids there are only compared with each other.
class PgAudit final : public Audit {
 public:
  /// `clock` must outlive it. Blocks until the server has answered.
  static Result<std::unique_ptr<PgAudit>> connect(const SourceOptions& options, const Clock& clock);

  Result<void> begin(const Position& tail) override;
  Result<bool> observe(const StoredEvent& stored) override;
  Result<std::vector<Change>> pending(const ReadLimits& limits) override;
  Result<std::vector<Change>> rows(const ReadLimits& limits) override;
  [[nodiscard]] bool complete_from_start() const override { return options_.policies.snapshot; }
  Result<IdFindings> findings(std::stop_token stop) override;

  [[nodiscard]] bool covers(std::string_view database, std::string_view table) const override;
  [[nodiscard]] bool may_repeat_rows(std::string_view database,
                                     std::string_view table) const override;
  [[nodiscard]] bool leaves_out_unchanged() const override { return true; }
  [[nodiscard]] std::string rows_not_compared() const override;

 private:
  PgAudit(SourceOptions options, const Clock& clock, sources::EventLedger ledger)
      : options_(std::move(options)), clock_(&clock), ledger_(std::move(ledger)) {}
  Result<void> copy_slot();
  Result<void> list_tables();

  SourceOptions options_;
  const Clock* clock_;
  sources::EventLedger ledger_;
  std::unique_ptr<PgLog> log_;        // of the copied slot
  std::unique_ptr<PgTables> tables_;  // on a connection of its own
  std::optional<PgPosition> tail_;
  sources::Mark end_;
  bool all_pending_ = false;

  std::vector<sources::TableName> names_;
  std::set<std::string, std::less<>> full_names_;
  std::set<std::string, std::less<>> without_key_;
  std::size_t table_ = 0;  // of the rows that are read
  std::string after_;

  std::string last_id_key_;  // the place of the last change in the stream
  IdFindings found_;
};

}  // namespace headwater::postgresql
