// The shapes that decode the log's rows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// A shape, and whether the relay captures its table.
struct FeedShape : Shape {
  bool in_scope = true;
};

/// Loads each shape once and keeps it. One thread.
class ShapeBook {
 public:
  using Scope = std::function<bool(const std::string& table)>;

  /// `database` must outlive the book.
  static Result<ShapeBook> on(Database& database, Scope scope);

  /// The pointer stays valid as long as the book.
  Result<const FeedShape*> find(std::int64_t id);
  /// The shape with which a table is captured now; nullptr if it is not captured.
  Result<const FeedShape*> present(const std::string& table);

 private:
  ShapeBook(Database& database, Statement present, Scope scope);

  Database* database_;
  Statement present_;
  Scope scope_;
  std::unordered_map<std::int64_t, std::unique_ptr<FeedShape>> shapes_;
  const FeedShape* last_ = nullptr;
};

}  // namespace headwater::sqlite
