#include "src/streams/shared/spare_events.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace headwater::streams {
namespace {

std::vector<StoredEvent> two(SpareEvents& spare, std::size_t bytes) {
  auto batch = spare.batch();
  for (const char letter : {'a', 'b', 'c'}) batch.add().event.data = std::string(bytes, letter);
  batch.drop_last();
  return std::move(batch).take();
}

TEST(SpareEvents, ABatchHasWhatWasAddedAndNotDropped) {
  SpareEvents spare;
  const auto events = two(spare, 3);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].event.data, "aaa");
  EXPECT_EQ(events[1].event.data, "bbb");
}

TEST(SpareEvents, WhatIsGivenBackIsUsedOnce) {
  SpareEvents spare;
  spare.reuse(two(spare, 300));
  EXPECT_EQ(spare.batch().add().event.data, std::string(300, 'a'));
  EXPECT_EQ(spare.batch().add().event.data, "");
}

TEST(SpareEvents, WhatLargeEventsNeededIsNotKept) {
  SpareEvents spare;
  spare.reuse(two(spare, std::size_t{3} << 20U));
  EXPECT_EQ(spare.batch().add().event.data, "");
}

TEST(SpareEvents, AnEmptyBatchHasNoEvents) {
  SpareEvents spare;
  spare.reuse(two(spare, 3));
  EXPECT_TRUE(spare.batch().take().empty());
}

}  // namespace
}  // namespace headwater::streams
