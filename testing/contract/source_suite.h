// The suite that every source passes. An adapter implements SourceRig and adds one line:
//
//     INSTANTIATE_TEST_SUITE_P(Postgres, SourceSuite, ::testing::Values(&make_postgres_rig));
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "testing/contract/source_fold.h"
#include "testing/contract/source_rig.h"

namespace headwater::testing {

class SourceSuite : public ::testing::TestWithParam<MakeSourceRig> {
 protected:
  /// Longer than any test runs.
  static constexpr Milliseconds forever = std::chrono::hours(24);

  void SetUp() override {
    auto made = GetParam()();
    if (!made) GTEST_SKIP() << made.error();
    rig_ = *std::move(made);
  }

  /// A source of a prepared adapter, opened after `position`; if that is empty, at the beginning.
  /// Returns nullptr and fails the test if it cannot be opened.
  std::unique_ptr<Source> open(const Position& position = {}, const SourceRigOptions& options = {});
  void prepare(const SourceRigOptions& options = {});
  /// Each write in its own transaction.
  void write(const std::vector<Write>& writes);
  /// Rows whose value is their key, all in one transaction.
  void insert(std::int64_t first, std::int64_t count);

  /// Reads until the source is current and returns nothing more. Sets `position`, unless it is
  /// null, to the position after the last batch.
  static std::vector<Change> drain(Source& source, Position* position = nullptr,
                                   ReadLimits limits = {100, 1U << 20U});
  /// Blocks until at least `count` changes were read, then drains. Use it for writes made after
  /// open(), because drain() need not see those.
  static std::vector<Change> await(Source& source, std::size_t count);
  /// Like await(), as a relay does it: a stream that begins at `tail` accepts every batch, and the
  /// source is told how far the stream has got.
  static std::vector<Change> publish(Source& source, Position tail, std::size_t count);

  /// The rows of the table now, in the form of Fold::rows().
  std::map<std::string, std::string> table();
  /// The name of the error with which open() fails at `position`; "" if it succeeds.
  std::string refusal(SourceAdapter& adapter, const Position& position);

  static Durable durable(Position position);
  static std::vector<std::string> ids_of(const std::vector<Change>& changes);
  static std::vector<Op> ops_of(const std::vector<Change>& changes);
  /// Those of the row that Write::key names.
  [[nodiscard]] std::vector<Change> of_key(const std::vector<Change>& changes,
                                           std::int64_t key) const;

  std::unique_ptr<SourceRig> rig_;
  Position beginning_;  ///< Where a relay starts that was prepared before any write.
};

}  // namespace headwater::testing
