// The part of the suite about values and sizes: exact values, limits of a batch, large changes.
#include <algorithm>

#include "src/event/data_json.h"
#include "testing/contract/source_suite.h"

namespace headwater::testing {

TEST_P(SourceSuite, ValuesAreExact) {
  prepare();
  const auto values = rig_->exact_values();
  auto writer = rig_->writer();
  for (const auto& value : values) {
    writer->write({.kind = Write::Kind::insert, .key = 1, .value = value});
    writer->write({.kind = Write::Kind::remove, .key = 1});
  }
  const auto changes = drain(*open());
  ASSERT_EQ(changes.size(), 2 * values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(rig_->value_in(*changes[2 * i].after), values[i]) << "value " << i;
    if (!rig_->has_rows_before()) continue;
    ASSERT_TRUE(changes[2 * i + 1].before) << "value " << i;
    EXPECT_EQ(rig_->value_in(*changes[2 * i + 1].before), values[i]) << "value " << i;
  }
}

TEST_P(SourceSuite, BatchesStayWithinTheirLimits) {
  prepare();
  auto writer = rig_->writer();
  writer->begin();
  for (std::int64_t key = 1; key <= 300; ++key) {
    const auto size = static_cast<std::size_t>(key * 37 % 900);
    writer->write({.kind = Write::Kind::insert, .key = key, .value = Text{std::string(size, 'x')}});
  }
  writer->commit();
  auto source = open();
  const ReadLimits limits{.count = 20, .bytes = 8000};
  std::size_t total = 0;
  std::size_t full = 0;
  while (total < 300) {
    const auto batch = source->read(limits, forever, {});
    ASSERT_TRUE(batch);
    ASSERT_FALSE(batch->changes.empty());
    std::size_t bytes = 0;
    for (const auto& change : batch->changes) bytes += footprint(change);
    EXPECT_LE(batch->changes.size(), limits.count);
    EXPECT_EQ(batch->bytes, bytes);
    EXPECT_LE(bytes, limits.bytes);
    if (batch->changes.size() > 3) ++full;
    total += batch->changes.size();
  }
  EXPECT_TRUE(!rig_->has_all_at_hand() || full > 10) << full;
}

TEST_P(SourceSuite, AChangeLargerThanTheLimitsComesAlone) {
  prepare();
  const Text large{std::string(3'000'000, 'y')};
  write({{Write::Kind::insert, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, large},
         {Write::Kind::update, 2, std::int64_t{2}},
         {Write::Kind::insert, 3, std::int64_t{3}}});
  auto source = open();
  const ReadLimits limits{.count = 10, .bytes = 100'000};
  std::size_t large_ones = 0;
  for (std::size_t total = 0; total < 4;) {
    // A database may still be sending the rest of the transaction.
    const auto batch = source->read(limits, forever, {});
    ASSERT_TRUE(batch) << batch.error().message;
    ASSERT_FALSE(batch->changes.empty());
    total += batch->changes.size();
    if (batch->bytes <= limits.bytes) continue;
    EXPECT_EQ(batch->changes.size(), 1U);
    ++large_ones;
  }
  // With the row before it, the update is as large as that row.
  EXPECT_EQ(large_ones, rig_->has_rows_before() ? 2U : 1U);
}

TEST_P(SourceSuite, ATooLargeChangeIsAnErrorOrAGap) {
  prepare();
  write({{Write::Kind::insert, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, Text{std::string(3'000'000, 'y')}},
         {Write::Kind::insert, 3, std::int64_t{3}}});
  const auto whole = drain(*open());
  ASSERT_EQ(whole.size(), 3U);

  auto stopping = open({}, {.max_change = 2'000'000});
  const auto before = stopping->read({10, 8U << 20U}, forever, {});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->changes.size(), 1U);
  const auto stopped = stopping->read({10, 8U << 20U}, forever, {});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().name, "source.change_too_large");
  EXPECT_EQ(stopped.error().remedy, Remedy::stop);
  EXPECT_FALSE(stopped.error().next.empty());
  stopping->close();

  auto source = open({}, {.max_change = 2'000'000, .on_large = OnLarge::gap});
  const auto with_gap = drain(*source);
  EXPECT_EQ(ids_of(with_gap), ids_of(whole));
  EXPECT_EQ(ops_of(with_gap), (std::vector{Op::insert, Op::gap, Op::insert}));
  EXPECT_EQ(with_gap[1].table, whole[1].table);
  EXPECT_EQ(rig_->key_in(*with_gap[1].key), rig_->key_in(*whole[1].key));
  ASSERT_TRUE(source->open(with_gap[1].position));
  EXPECT_EQ(drain(*source).size(), 1U);
}

/// A consumer that has gaps instead of large rows must learn when such a row becomes small or goes.
TEST_P(SourceSuite, ChangesThatMakeALargeRowSmallOrRemoveItAreReturned) {
  prepare();
  const Text large{std::string(3'000'000, 'y')};
  write({{Write::Kind::insert, 1, large},
         {Write::Kind::update, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, large},
         {Write::Kind::remove, 2, std::int64_t{0}}});
  const auto whole = drain(*open());
  auto source = open({}, {.max_change = 2'000'000, .on_large = OnLarge::gap});
  const auto changes = drain(*source);
  EXPECT_EQ(ids_of(changes), ids_of(whole));
  ASSERT_EQ(ops_of(changes), (std::vector{Op::gap, rig_->update_op(), Op::gap, Op::remove}));
  Change without_before = whole[1];
  without_before.before.reset();
  EXPECT_EQ(data_json(changes[1]), data_json(without_before));
  EXPECT_EQ(rig_->key_in(*changes[3].key), rig_->key_in(*whole[3].key));

  // These two changes do not stop a relay either.
  source->close();
  auto stopping = open(changes[0].position, {.max_change = 2'000'000});
  auto first = stopping->read({1, 8U << 20U}, forever, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(ops_of(first->changes), (std::vector{rig_->update_op()}));
  stopping->close();
  stopping = open(changes[2].position, {.max_change = 2'000'000});
  first = stopping->read({1, 8U << 20U}, forever, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(ops_of(first->changes), (std::vector{Op::remove}));
}

}  // namespace headwater::testing
