#include "src/inbox/shared/sweep.h"

#include <gtest/gtest.h>

namespace headwater::client::inbox {
namespace {

using std::chrono::seconds;

TEST(Sweep, BeginsWhenTheOldestIdIsOldEnough) {
  const Sweep::Clock::time_point start(seconds(50));
  Sweep sweep(seconds(100));
  EXPECT_TRUE(sweep.due(start));
  sweep.leaves(1'070);
  sweep.leaves(1'040);
  sweep.end(1'080, start);
  EXPECT_FALSE(sweep.due(start + seconds(59)));
  EXPECT_TRUE(sweep.due(start + seconds(60)));
  // Nothing is left: what is claimed from now on decides.
  sweep.end(1'140, start + seconds(60));
  EXPECT_FALSE(sweep.due(start + seconds(159)));
  EXPECT_TRUE(sweep.due(start + seconds(160)));
}

TEST(Sweep, GoesOnWhileSomethingOldIsNotAcknowledged) {
  const Sweep::Clock::time_point start(seconds(50));
  Sweep sweep(seconds(100));
  sweep.leaves(500);
  sweep.end(1'000, start);
  EXPECT_TRUE(sweep.due(start));
}

}  // namespace
}  // namespace headwater::client::inbox
