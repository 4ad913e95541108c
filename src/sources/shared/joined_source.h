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

/// What a database brings.
struct JoinedParts {
  std::string identity;
  Policies policies{};
  std::unique_ptr<ChangeLog> log;
  std::unique_ptr<TableReader> tables;
};

/// Adds what depends on no database: the policies, gaps, and starting again after an error.
class JoinedSource final : public Source {
 public:
  /// `clock` must outlive it.
  JoinedSource(JoinedParts parts, const Clock& clock);

  [[nodiscard]] std::string identity() const override { return parts_.identity; }
  [[nodiscard]] bool has_beginning() const override { return parts_.policies.snapshot; }
  using Source::open;
  Result<void> open(const Position& after, std::stop_token stop) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;
  Result<UntilLoss> until_loss(const Position& position) override {
    return parts_.log->until_loss(position);
  }
  [[nodiscard]] std::optional<SourceLag> lag(const Position& position) const override {
    return parts_.log->lag(position);
  }
  Result<void> release(const Durable& durable) override { return parts_.log->release(durable); }
  [[nodiscard]] Milliseconds tend_interval() const override { return parts_.log->tend_interval(); }
  Result<void> tend() override { return opened_ ? parts_.log->tend() : Result<void>(); }
  void close() override;

 private:
  Result<void> reopen(const Position& after, const std::stop_token& stop);
  Result<void> go_to(const Position& after, const std::stop_token& stop);
  Result<void> begin(Place place, const Position& given, const std::stop_token& stop);
  [[nodiscard]] Error tried_again(Error error) const;
  Result<void> go_on_after_loss(const Position& lost, const Error& loss,
                                const std::stop_token& stop);

  JoinedParts parts_;
  SnapshotJoin join_;
  Position at_;          // where to continue after an error
  bool opened_ = false;  // and nothing has failed since
};

}  // namespace headwater::sources
