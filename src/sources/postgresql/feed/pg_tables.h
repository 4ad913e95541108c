// The tables of the publication, for the snapshot join.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/sources/postgresql/feed/hidden_commits.h"
#include "src/sources/postgresql/feed/published_table.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/visibility.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::postgresql {

/// A key is the texts of its values, percent-encoded and joined by '/', in the order of the index.
class PgTables final : public sources::TableReader {
 public:
  PgTables(std::shared_ptr<Server> server, std::shared_ptr<Returned> returned)
      : server_(std::move(server)), returned_(std::move(returned)) {}

  /// From here on, every piece has the rows of this one moment, in a transaction that stays open.
  Result<void> hold();
  /// Of the last piece, or of what is held.
  [[nodiscard]] const std::optional<Snapshot>& snapshot() const { return snapshot_; }
  [[nodiscard]] sources::LogPoint point() const { return point_; }
  /// Whether the table of the last piece has a key, so that no two rows are equal.
  [[nodiscard]] bool has_key() const { return table_ && table_->has_key; }

  Result<void> catch_up(const std::stop_token& stop) override {
    return wait_for_hidden_commits(*server_, stop);
  }
  Result<std::vector<sources::TableName>> tables(const sources::TableName& after,
                                                 const std::stop_token& stop) override;
  [[nodiscard]] bool reads(const sources::TableName& name) const override;
  Result<std::uint64_t> estimate(const std::stop_token& stop) override;
  Result<sources::LogPoint> now(const std::stop_token& stop) override;
  /// `filter`: a condition in SQL.
  Result<void> check_filter(const sources::TableName& table, const std::string& filter) override;
  Result<sources::Piece> read(const sources::TableName& name, const std::string& after,
                              sources::LogPoint not_before, const std::string& filter,
                              const std::stop_token& stop) override;
  [[nodiscard]] bool shows(const sources::Piece& piece,
                           const sources::LogChange& change) const override;
  [[nodiscard]] sources::Ahead ahead(const sources::LogChange& change,
                                     const std::string& after) override;

 private:
  Result<void> begin(const std::stop_token& stop);
  Result<void> fetch(const PublishedTable& table, const std::string& after,
                     const std::string& filter, sources::Piece& piece, const std::stop_token& stop);
  Result<std::vector<Answer>> fetch_rows(const std::string& query, bool& end,
                                         const std::stop_token& stop);
  void add_row(const PublishedTable& table, const Answer& answer, int row, sources::Piece& piece);

  std::shared_ptr<Server> server_;
  std::shared_ptr<Returned> returned_;
  std::optional<Snapshot> snapshot_;  // of the last piece
  sources::LogPoint point_;           // the same
  std::string as_of_;                 // the same, for ids
  WallTime time_;
  bool held_ = false;
  std::optional<PublishedTable> table_;  // of the last piece
};

}  // namespace headwater::postgresql
