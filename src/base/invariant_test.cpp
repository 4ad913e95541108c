#include "src/base/invariant.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(InvariantDeathTest, EndsTheProcessAndSaysWhere) {
  invariant(true, "the sky is above");
  EXPECT_DEATH(invariant(false, "two is two"), "two is two \\(.*invariant_test.cpp:[0-9]+\\)");
  EXPECT_DEATH(unreachable("there are five"), "there are five");
}

}  // namespace
}  // namespace headwater
