// The audit of a stream against a MongoDB deployment.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/audit.h"
#include "src/sources/mongodb/audit/audited.h"
#include "src/sources/mongodb/audit/observed_stream.h"
#include "src/sources/mongodb/audit/pending_changes.h"
#include "src/sources/mongodb/audit/row_pieces.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Rows are read by key, each piece at one cluster time of its own (RowPieces), and the pending
/// changes up to that time belong to it (PendingChanges). Documents of changes in the stream were
/// looked up before its tail was read, and so before every piece. Proof compares the ids.
class MongoAudit final : public Audit {
 public:
  /// `clock` must outlive it. Blocks until a server has answered.
  static Result<std::unique_ptr<MongoAudit>> connect(const SourceOptions& options,
                                                     const Clock& clock);

  Result<void> begin(const Position& tail) override;
  Result<bool> observe(const StoredEvent& stored) override;
  Result<std::vector<Change>> pending(const ReadLimits& limits) override;
  Result<std::vector<Change>> rows(const ReadLimits& limits) override;
  [[nodiscard]] bool complete_from_start() const override {
    return audited_.options->policies.snapshot;
  }
  Result<IdFindings> findings(std::stop_token stop) override;

  [[nodiscard]] bool several_databases() const override {
    return audited_.options->watch.deployment();
  }
  [[nodiscard]] bool covers(std::string_view database, std::string_view table) const override;
  [[nodiscard]] bool tells_differences() const override { return true; }
  [[nodiscard]] std::optional<std::string> applied(std::string_view document,
                                                   std::string_view detail) const override;
  [[nodiscard]] std::string rows_not_compared() const override;

 private:
  explicit MongoAudit(std::unique_ptr<Pool> pool) : pool_(std::move(pool)), connection_(*pool_) {}

  Result<void> load_piece();
  Result<void> finish_rows();

  std::unique_ptr<Pool> pool_;
  Connection connection_;
  Audited audited_;
  std::optional<ObservedStream> observed_;
  std::optional<RowPieces> pieces_;
  std::optional<PendingChanges> pending_;

  bool loaded_ = false;  // the next rows() are at hand
  bool rows_done_ = false;
  std::vector<Change> rows_;
  ClusterTime point_;  // of the rows at hand
  IdFindings found_;
};

}  // namespace headwater::mongodb
