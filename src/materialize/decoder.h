// Events in, operations on the copy's tables out.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/event/data_scan.h"
#include "src/event/event.h"
#include "src/event/row_json.h"
#include "src/materialize/batch.h"

namespace headwater::materialize {

/// How a table is called in the copy.
enum class Naming {
  table,  ///< As in its database, with its schema: "orders", "public.orders".
  full,   ///< With its database's name before it: "shop.orders".
};

/// What to do where the stream says that changes are missing.
enum class OnGap {
  stop,  ///< Fail with `materialize.gap`.
  go_on,
};

struct DecoderOptions {
  std::vector<std::string> tables;  ///< Only these, named as in their database; empty: all.
  Naming naming = Naming::table;
  std::string prefix;  ///< Before each name in the copy.
  OnGap on_gap = OnGap::stop;
  bool keeps_documents = false;  ///< TargetAdapter::keeps_documents().
};

/// Those that decide which tables a copy has, and their names; in any order of `tables` the same.
[[nodiscard]] std::string text_of(const DecoderOptions& options);

/// One thread.
class Decoder {
 public:
  explicit Decoder(DecoderOptions options);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Adds what the event says to the batch, and moves the batch's place to it. Fails with stop:
  /// `event.unreadable`, `materialize.gap`, `materialize.no_key`, `materialize.no_row`,
  /// `materialize.no_value`. The batch is then as before.
  Result<void> add(const StoredEvent& stored, Batch& batch);

 private:
  struct Table;

  Table& table_of(const Event& event);
  [[nodiscard]] Table make_table(const Event& event, const std::string& name) const;
  [[nodiscard]] bool is_wanted(const std::string& table) const;
  Result<void> decode(const Event& event, const DataParts& data, Batch& batch);
  Result<void> row(const Event& event, const DataParts& data, Table& table, Batch& batch);
  static Result<void> documents(const Event& event, const DataParts& data, RowOperation& operation);
  static Result<void> columns(const Event& event, const DataParts& data, Table& table,
                              RowOperation& operation);
  Result<void> gap(const Event& event, const DataParts& data, Batch& batch);
  Result<void> rename(const Event& event, const std::string& to, Batch& batch);

  DecoderOptions options_;
  std::map<std::string, std::unique_ptr<Table>> tables_;
  std::unordered_map<std::string, Table*> by_type_;  // the last table with this `type`
  std::string latest_type_;
  Table* latest_table_ = nullptr;  // of latest_type_
  RowIndex latest_;
  std::string row_;  // reused
};

}  // namespace headwater::materialize
