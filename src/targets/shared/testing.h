// Rows that the tests of one target write to its tables, without events.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/ports/target.h"

namespace headwater::targets {

inline const CopyTableRef orders =
    std::make_shared<const CopyTable>(CopyTable{.name = "orders", .source = "s", .database = "d"});

[[nodiscard]] inline TableRow row_of(std::vector<std::string> names, std::vector<Value> values) {
  return {.columns = std::make_shared<const std::vector<std::string>>(std::move(names)),
          .values = std::move(values)};
}

/// The row of `id` in orders has these columns, too.
[[nodiscard]] inline RowOperation put(const Value& id, std::vector<std::string> names,
                                      std::vector<Value> values) {
  names.insert(names.begin(), "id");
  values.insert(values.begin(), id);
  return {.kind = RowOperation::Kind::put,
          .table = orders,
          .key = row_of({"id"}, {id}),
          .row = row_of(std::move(names), std::move(values))};
}
[[nodiscard]] inline RowOperation put(std::int64_t id, std::vector<std::string> names,
                                      std::vector<Value> values) {
  return put(Value(id), std::move(names), std::move(values));
}

/// A copy in the database of a rig.
template <class Rig>
class CopyTest : public ::testing::Test {
 protected:
  /// As the next event.
  Result<std::uint64_t> apply(const std::vector<RowOperation>& operations) {
    auto target = *rig_.adapter().open({.name = "c", .suffix = ""});
    CopyPlace next = *target->place();
    const CopyPlace before = next;
    ++next.sequence;
    return target->apply(before, operations, next);
  }
  void succeed(const std::vector<RowOperation>& operations) {
    auto applied = apply(operations);
    ASSERT_TRUE(applied) << applied.error().name << ": " << applied.error().message;
  }

  Rig rig_;
};

}  // namespace headwater::targets
