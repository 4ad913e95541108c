// The audit of a stream against a MongoDB deployment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/audit.h"
#include "src/sources/mongodb/audit/event_ledger.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Ids are no numbers without gaps, so they are proven by reading the change stream again, from as
/// early as the server's history and the stream allow: each change up to the point is in the stream
/// or pending, in the server's order, and the stream holds no other.
///
/// Rows are read by key, each piece at one cluster time of its own, and pending changes up to that
/// time belong to it. Pending changes are read without lookups: a document looked up now could be
/// newer than the piece. Those in the stream were looked up before its tail was read, and so before
/// every piece.
class MongoAudit final : public Audit {
 public:
  /// `clock` must outlive it. Blocks until a server has answered.
  static Result<std::unique_ptr<MongoAudit>> connect(const SourceOptions& options,
                                                     const Clock& clock);

  Result<void> begin(const Position& tail) override;
  Result<bool> observe(const StoredEvent& stored) override;
  Result<std::vector<Change>> pending(const ReadLimits& limits) override;
  Result<std::vector<Change>> rows(const ReadLimits& limits) override;
  [[nodiscard]] bool complete_from_start() const override { return options_->policies.snapshot; }
  Result<IdFindings> findings(std::stop_token stop) override;

  [[nodiscard]] bool several_databases() const override { return options_->watch.deployment(); }
  [[nodiscard]] bool covers(std::string_view database, std::string_view table) const override;
  [[nodiscard]] bool tells_differences() const override { return true; }
  [[nodiscard]] std::optional<std::string> applied(std::string_view document,
                                                   std::string_view detail) const override;
  [[nodiscard]] std::string rows_not_compared() const override;

 private:
  struct Timed {
    Change change;
    ClusterTime time;
  };
  /// A gap that says that changes are missing, or that all begins anew.
  struct Break {
    std::uint64_t sequence = 0;
    std::string to;
  };
  /// Where the past is read from: what the stream has behind `sequence` is proven.
  struct Start {
    MongoPosition position;
    std::uint64_t sequence = 0;
    std::string id{};  // of the change it stands just behind, where it is one of the stream's
  };
  /// What reading the past once has shown.
  struct Past {
    std::uint64_t lost = 0;
    std::uint64_t hanging = 0;  // not in the stream, and perhaps rightly so
    std::vector<std::string> examples;
  };
  MongoAudit(std::shared_ptr<const SourceOptions> options, const Clock& clock,
             std::unique_ptr<Pool> pool);

  Result<void> observe_gap(const StoredEvent& stored);

  Result<void> load_piece();
  Result<bool> load_rows();
  Result<bool> next_collection();
  Result<void> take_piece(const TablePiece& piece);
  Result<void> finish_rows();
  Result<void> read_pending(const ReadLimits& limits);

  // mongo_audit_proof.cpp
  Result<void> prove(const std::stop_token& stop);
  Result<std::optional<Start>> find_start();
  Result<std::optional<Start>> start_at_break();
  Result<std::optional<Start>> oldest_change(std::uint64_t behind);
  Result<bool> can_read_from(const MongoPosition& position);
  Result<std::optional<Start>> earlier(const Start& start);
  Result<Past> read_past(const Start& start, const std::stop_token& stop);
  Result<void> read_past(ClusterTime time, const std::stop_token& stop,
                         const std::function<Result<void>(const Change&)>& visit);
  Result<void> note(const Change& change, Past& past);
  Result<void> conclude(const std::optional<Start>& start, const Past& past);
  [[nodiscard]] bool hangs_on_image(const Change& change) const;
  Result<std::optional<MongoPosition>> just_behind(const std::string& id);
  [[nodiscard]] MongoPosition position_at(ClusterTime time) const;
  void example(const std::string& id);

  std::shared_ptr<const SourceOptions> options_;  // for reading again what a relay has read
  const Clock* clock_;
  bool by_key_;  // all changes to a document are in the stream, or none
  std::unique_ptr<Pool> pool_;
  Connection connection_;
  ServerFacts facts_;
  std::string identity_;
  ChangeDecoder decoder_;
  std::optional<TableScan> scan_;
  std::optional<EventLedger> ledger_;
  std::unique_ptr<Source> source_;

  MongoPosition tail_;
  std::uint64_t first_row_ = 0;  // the stream's first event, if it is of a snapshot
  ClusterTime first_row_time_;
  bool any_event_ = false;
  std::uint64_t tail_sequence_ = 0;  // of the last event observed
  ClusterTime last_row_time_;        // of the last snapshot's rows; null: none
  std::optional<Break> break_;       // the last

  std::optional<CollectionName> collection_;
  std::optional<Doc> after_;  // key of the last document read of it
  bool collection_done_ = false;
  bool rows_done_ = false;
  bool loaded_ = false;  // the next rows() are at hand
  std::vector<Change> rows_;
  ClusterTime point_;  // of the rows at hand

  std::deque<Timed> early_;  // read; those behind the point are for a later piece
  Position read_to_;         // the last one read
  bool open_ = false;        // since this point
  bool drained_ = false;     // all up to the point are read
  ClusterTime last_pending_;

  std::unique_ptr<Source> past_;
  bool history_lost_ = false;  // of a place in the stream that was tried
  IdFindings found_;
};

}  // namespace headwater::mongodb
