// The collections, for the snapshot join.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/deployment.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::mongodb {

/// A point of the log is a cluster time.
[[nodiscard]] inline sources::LogPoint point_of(ClusterTime time) {
  return {.high = time.seconds, .low = time.increment};
}

/// Keys are canonical Extended JSON, {"_id": …}; those of changes are the same in BSON.
class MongoTables final : public sources::TableReader {
 public:
  /// `at`, where the change stream is, must outlive it.
  MongoTables(std::shared_ptr<Deployment> deployment, const MongoPosition& at);

  Result<void> ready() override;
  Result<std::vector<sources::TableName>> tables(const sources::TableName& after,
                                                 const std::stop_token& stop) override;
  [[nodiscard]] bool reads(const sources::TableName& name) const override;
  Result<std::uint64_t> estimate(const std::stop_token& stop) override;
  Result<sources::LogPoint> now(const std::stop_token& stop) override;
  /// `filter`: a query filter as Extended JSON.
  Result<void> check_filter(const sources::TableName& table, const std::string& filter) override;
  Result<sources::Piece> read(const sources::TableName& name, const std::string& after,
                              sources::LogPoint not_before, const std::string& filter,
                              const std::stop_token& stop) override;
  Result<sources::Ahead> ahead(const sources::TableName& name, const sources::LogChange& change,
                               const std::string& after, const std::stop_token& stop) override;

 private:
  Result<void> stand_behind(const std::string& after);
  Result<const Doc*> parsed(const std::string& filter);
  [[nodiscard]] Error with_filter(Error error) const;
  [[nodiscard]] Result<sources::PieceRow> row_of(const CollectionName& name,
                                                 const TablePiece& piece,
                                                 const bson_t& document) const;
  static Result<std::string> text_of(const CollectionName& name, const Doc& key);

  std::shared_ptr<Deployment> deployment_;
  const MongoPosition* at_;
  ChangeDecoder decoder_;
  // The last place, in both forms.
  std::string after_;
  std::optional<Doc> after_key_;
  // The same of the last filter.
  std::string filter_;
  std::optional<Doc> filter_document_;
};

/// Fails with `source.bad_position` for a place that no snapshot can go on from.
Result<void> check_place(const sources::Place& place);

}  // namespace headwater::mongodb
