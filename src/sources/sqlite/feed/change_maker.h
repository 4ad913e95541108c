// Makes the changes of log rows and table rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/sources/sqlite/feed/feed_scope.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sources/sqlite/feed/snapshot.h"

namespace headwater::sqlite {

/// All of them are without their position.
class ChangeMaker {
 public:
  /// `scope` must outlive it.
  explicit ChangeMaker(const FeedScope& scope) : scope_(&scope) {}

  /// Moves the values out of the row.
  [[nodiscard]] Change change_of(LogRow& row) const;
  [[nodiscard]] Change read_of(const SnapshotTask& task, std::vector<Value> image) const;
  /// The gap for a row that is too large.
  [[nodiscard]] Change large_read(const SnapshotTask& task, std::vector<Value> key,
                                  std::uint64_t size) const;
  /// The error for a change or row that is too large.
  [[nodiscard]] Error too_large(const std::string& table, std::span<const Value> key,
                                std::uint64_t size) const;

 private:
  [[nodiscard]] Change bare_read(const SnapshotTask& task, std::vector<Value> key) const;
  void leave_gap(Change& change, Row key, std::uint64_t size) const;

  const FeedScope* scope_;
};

/// The text of a value in a gap's row.
[[nodiscard]] std::string text_of(const Value& value);

}  // namespace headwater::sqlite
