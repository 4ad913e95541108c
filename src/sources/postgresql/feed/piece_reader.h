// Reads a piece of a table, in a transaction of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/published_table.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/visibility.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::postgresql {

/// When rows were read.
struct Moment {
  sources::LogPoint point{};  ///< The log's end, after the snapshot was taken.
  std::string sight{};        ///< The snapshot as PostgreSQL writes it.
  Snapshot snapshot{};
  std::string as_of{};  ///< The point as text, for ids.
  WallTime time{};
};

struct PieceRead {
  sources::Piece piece;
  Moment moment;
  std::optional<PublishedTable> table;  ///< nullopt: it does not exist.
};

/// One thread.
class PieceReader {
 public:
  /// Whether a snapshot will do.
  using Wanted = std::function<bool(const Snapshot&)>;

  explicit PieceReader(std::shared_ptr<Server> server) : server_(std::move(server)) {}

  /// From here on, every piece has the rows of this one moment, in a transaction that stays open.
  Result<void> hold(const Wanted& wanted);
  [[nodiscard]] bool held() const { return held_; }
  /// Of what is held.
  [[nodiscard]] const Moment& moment() const { return moment_; }

  /// See TableReader::read(). Waits until there is a snapshot that is wanted, for some seconds.
  Result<PieceRead> read(const sources::TableName& name, const std::string& after,
                         const std::string& filter, const Wanted& wanted,
                         const std::stop_token& stop = {});

 private:
  Result<void> begin(const std::string& table, const Wanted& wanted, const std::stop_token& stop);
  Result<void> begin_locked(const sources::TableName& name, const Wanted& wanted,
                            const std::stop_token& stop);
  Result<PieceRead> read_now(const sources::TableName& name, const std::string& after,
                             const std::string& filter, const std::stop_token& stop);
  Result<void> fetch(PublishedTable& table, const std::string& query, sources::Piece& piece,
                     const std::stop_token& stop);
  Result<std::vector<Answer>> fetch_rows(std::string declare, bool& end,
                                         const std::stop_token& stop);
  void add_row(const PublishedTable& table, const Answer& answer, int row, sources::Piece& piece);

  std::shared_ptr<Server> server_;
  Moment moment_;
  bool held_ = false;
};

/// `lsn`: what pg_current_wal_insert_lsn() says.
[[nodiscard]] sources::LogPoint point_of(const Server& server, std::string_view lsn);
/// The error of a filter that PostgreSQL does not accept.
[[nodiscard]] Error bad_filter(const Error& error);

}  // namespace headwater::postgresql
