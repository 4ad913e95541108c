#include "src/cli/copy_progress.h"

#include <gtest/gtest.h>

namespace headwater::cli {
namespace {

CopyFigures some() {
  CopyFigures figures;
  figures.progress.events = 4'711;
  figures.progress.sequence = 5'000;
  figures.rate = 120.4;
  return figures;
}

TEST(CopyLine, ShowsHowFarItIsToTheEnd) {
  CopyFigures figures = some();
  figures.last = 9'000;
  figures.behind = 2.5;
  EXPECT_EQ(copy_line(figures),
            "4,711 events, 120/s, at event 5000 of 9000, 3 s behind, caught up in 34 s");
  figures.rate = 0;
  figures.behind.reset();
  EXPECT_EQ(copy_line(figures), "4,711 events, 0/s, at event 5000 of 9000");
}

TEST(CopyLine, SaysThatItHasCaughtUpOnlyIfTheEndIsKnown) {
  CopyFigures figures = some();
  EXPECT_EQ(copy_line(figures), "4,711 events, 120/s, at event 5000");
  figures.last = 5'000;
  EXPECT_EQ(copy_line(figures), "4,711 events, 120/s, at event 5000, caught up");
}

}  // namespace
}  // namespace headwater::cli
