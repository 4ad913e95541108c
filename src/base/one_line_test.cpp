#include "src/base/one_line.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(OneLine, KeepsTextAndEscapesControlCharacters) {
  EXPECT_EQ(one_line("gr\xc3\xb6\xc3\x9f \"x\" \\"), "gr\xc3\xb6\xc3\x9f \"x\" \\");
  EXPECT_EQ(one_line("a\nb\tc\x1b[31m\x7f"), "a\\nb\\tc\\x1b[31m\\x7f");
}

}  // namespace
}  // namespace headwater
