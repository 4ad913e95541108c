// The shapes the log's rows are decoded by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// One version of a table, as the feed needs it. Never changes.
struct FeedShape {
  std::int64_t number = 0;
  std::string table;
  Columns columns;                  ///< As captured: one value each in an image.
  Columns key;                      ///< Names of the key's columns.
  std::vector<std::size_t> key_at;  ///< Where they are in an image.
  bool by_rowid = false;            ///< The key is the rowid, captured as the image's last value.
  bool in_scope = true;             ///< The relay asked for this table.

  /// Values in an image.
  [[nodiscard]] std::size_t width() const { return columns->size() + (by_rowid ? 1U : 0U); }
};

/// Loads each shape once and keeps it. One thread.
class ShapeBook {
 public:
  using Scope = std::function<bool(const std::string& table)>;

  /// `database` must outlive the book.
  static Result<ShapeBook> on(Database& database, Scope scope);

  /// The pointer stays valid as long as the book.
  Result<const FeedShape*> find(std::int64_t number);
  /// The newest shape of a table; nullptr if there is none.
  Result<const FeedShape*> newest(const std::string& table);

 private:
  ShapeBook(const std::string& path, Statement load, Statement newest, Scope scope);
  Result<const FeedShape*> load(std::int64_t number);

  std::string path_;
  Statement load_;
  Statement newest_;
  Scope scope_;
  std::unordered_map<std::int64_t, std::unique_ptr<FeedShape>> shapes_;
  const FeedShape* last_ = nullptr;
};

}  // namespace headwater::sqlite
