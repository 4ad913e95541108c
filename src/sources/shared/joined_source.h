// A whole Source for a database that brings a log and a reader of its tables.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"
#include "src/sources/shared/change_log.h"
#include "src/sources/shared/policies.h"
#include "src/sources/shared/snapshot_join.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::sources {

struct JoinedOptions {
  std::string identity;
  Policies policies{};
};

/// Adds what depends on no database: the policies, gaps, and starting again after an error.
class JoinedSource : public Source {
 public:
  /// `clock` must outlive it.
  JoinedSource(JoinedOptions options, std::unique_ptr<ChangeLog> log,
               std::unique_ptr<TableReader> tables, const Clock& clock);

  [[nodiscard]] std::string identity() const override { return options_.identity; }
  [[nodiscard]] bool has_beginning() const override { return options_.policies.snapshot; }
  Result<void> open(const Position& after) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;
  Result<void> release(const Durable& durable) override { return log_->release(durable); }

 private:
  Result<void> go_to(const Position& after);
  Result<void> begin(Place place, const Position& given);
  [[nodiscard]] Error tried_again(Error error) const;
  Result<void> go_on_after_loss(const Position& lost, const Error& loss);

  JoinedOptions options_;
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<TableReader> tables_;
  SnapshotJoin join_;
  Position at_;          // where to go on after an error
  bool opened_ = false;  // and nothing has failed since
};

/// Where a relay that begins now begins: after what is committed, or with the rows there are.
Result<Position> beginning(ChangeLog& log, bool snapshot);

}  // namespace headwater::sources
