// The tables of the publication, for the snapshot join.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/hidden_commits.h"
#include "src/sources/postgresql/feed/key_order.h"
#include "src/sources/postgresql/feed/piece_reader.h"
#include "src/sources/postgresql/feed/read_ahead.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/visibility.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::postgresql {

class PgTables final : public sources::TableReader {
 public:
  /// `log`, if there is one, is asked which keys will be next; it must outlive all calls.
  PgTables(std::shared_ptr<Server> server, std::shared_ptr<Returned> returned,
           const PgLog* log = nullptr)
      : server_(std::move(server)),
        returned_(std::move(returned)),
        reader_(server_),
        key_order_(log) {}

  /// From here on, every piece has the rows of this one moment, in a transaction that stays open.
  Result<void> hold();
  /// Of the last piece, or of what is held.
  [[nodiscard]] const Snapshot& snapshot() const { return last_.moment.snapshot; }
  [[nodiscard]] sources::LogPoint point() const { return last_.moment.point; }
  /// Whether the table of the last piece has a key, so that no two rows are equal.
  [[nodiscard]] bool has_key() const { return last_.table && last_.table->has_key; }

  /// What was read ahead may be older than what an earlier process has returned.
  Result<void> catch_up(const std::stop_token& stop) override {
    ahead_.drop();
    return wait_for_hidden_commits(*server_, stop);
  }
  Result<std::vector<sources::TableName>> tables(const sources::TableName& after,
                                                 const std::stop_token& stop) override;
  [[nodiscard]] bool reads(const sources::TableName& name) const override;
  std::vector<sources::TableName> renamed() override { return std::exchange(renamed_, {}); }
  Result<std::uint64_t> estimate(const std::stop_token& stop) override;
  Result<sources::LogPoint> now(const std::stop_token& stop) override;
  /// `filter`: a condition in SQL.
  Result<void> check_filter(const sources::TableName& table, const std::string& filter) override;
  Result<sources::Piece> read(const sources::TableName& name, const std::string& after,
                              sources::LogPoint not_before, const std::string& filter,
                              const std::stop_token& stop) override;
  /// `sight`: what pg_current_snapshot() said.
  [[nodiscard]] bool shows(sources::LogPoint point, const std::string& sight,
                           const sources::LogChange& change) const override;
  Result<sources::Ahead> ahead(const sources::TableName& name, const sources::LogChange& change,
                               const std::string& after, const std::stop_token& stop) override;

 private:
  PieceReader::Wanted shows_returned();

  std::shared_ptr<Server> server_;
  std::shared_ptr<Returned> returned_;
  PieceReader reader_;
  ReadAhead ahead_;
  PieceRead last_;  // without its rows
  KeyOrder key_order_;
  std::map<std::string, sources::TableName> names_;  // of all tables that were listed, by oid
  std::vector<sources::TableName> renamed_;
  // The last sight that was asked about.
  mutable std::string asked_sight_;
  mutable std::optional<Snapshot> asked_;
};

}  // namespace headwater::postgresql
