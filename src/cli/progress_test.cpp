#include "src/cli/progress.h"

#include <gtest/gtest.h>

namespace headwater::cli {
namespace {

RelayProgress some() {
  RelayProgress now;
  now.state = RelayState::leading;
  now.events_appended = 750;
  now.tail_sequence = 1'750;
  return now;
}

TEST(ProgressLine, CountsEvents) {
  RelayProgress now = some();
  EXPECT_EQ(progress_line(now, 120.7, false), "750 events, 120/s, at event 1750");
  now.backlog = 2'000;
  EXPECT_EQ(progress_line(now, 120, false), "750 events, 120/s, backlog 2,000, at event 1750");
}

TEST(ProgressLine, ShowsHowFarItIsToTheEnd) {
  RelayProgress now = some();
  now.backlog = 500;
  EXPECT_EQ(progress_line(now, 1, true),
            "[############        ]  60 %  750 events, 1/s, backlog 500, at event 1750");
}

TEST(ProgressLine, ShowsHowFarTheSnapshotIs) {
  RelayProgress now = some();
  now.snapshot = SnapshotProgress{.table = "shop.orders", .done = 3'000, .total = 12'000};
  EXPECT_EQ(progress_line(now, 9, false),
            "[#####               ]  25 %  snapshot of shop.orders, 3,000 of 12,000 rows, "
            "750 events, 9/s, at event 1750");
}

TEST(ProgressLine, ASnapshotOfUnknownLengthHasNoBar) {
  RelayProgress now = some();
  now.backlog = 500;
  now.snapshot = SnapshotProgress{.table = "orders", .done = 3'000, .total = 0};
  EXPECT_EQ(progress_line(now, 9, true),
            "snapshot of orders, 3,000 rows, 750 events, 9/s, backlog 500, at event 1750");
}

TEST(ProgressBar, NeverGoesBeyondItsEnds) {
  EXPECT_EQ(progress_bar(0, 10), "[                    ]   0 %");
  EXPECT_EQ(progress_bar(11, 10), "[####################] 100 %");
  EXPECT_EQ(progress_bar(999, 1'000), "[################### ]  99 %");
}

}  // namespace
}  // namespace headwater::cli
