#include "src/base/number_in.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(Numbers, AreReadWhole) {
  EXPECT_EQ(whole_number("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(whole_number<std::int64_t>("-7"), -7);
  EXPECT_EQ(whole_number("00ff", 16), 255U);
  for (const char* text : {"", " 7", "7 ", "+7", "-7", "0x7", "18446744073709551616", "seven"}) {
    EXPECT_EQ(whole_number(text), std::nullopt) << text;
  }
  EXPECT_EQ(whole_number<std::uint16_t>("65536"), std::nullopt);
}

TEST(Numbers, AreTakenOffATextOneByOne) {
  std::string_view text = "12.34 rest";
  EXPECT_EQ(take_number(text), 12U);
  EXPECT_EQ(text, ".34 rest");
  EXPECT_EQ(take_number(text), std::nullopt);
  EXPECT_EQ(text, ".34 rest");
  text = "99999999999 and more";
  EXPECT_EQ(take_number<std::uint32_t>(text), std::nullopt);
  EXPECT_EQ(text, "99999999999 and more");
}

TEST(Numbers, OfATextWithoutOneAreZero) {
  EXPECT_EQ(number_in("7.0.5"), 7U);
  EXPECT_EQ(number_in(""), 0U);
  EXPECT_EQ(number_in("99999999999999999999"), 0U);
}

}  // namespace
}  // namespace headwater
