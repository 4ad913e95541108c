#include "src/base/eight_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

/// Every byte at every place, among bytes that are none of what is looked for.
TEST(EightBytesTest, FindsAByteAtAnyPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < EightBytes::size; ++place) {
      std::string text = "before" + std::string(EightBytes::size, 'a') + "after";
      text[6 + place] = static_cast<char>(byte);
      SCOPED_TRACE(std::to_string(byte) + " at " + std::to_string(place));
      const EightBytes eight(text, 6);
      EXPECT_EQ(eight.any_not_ascii(), byte >= 0x80);
      EXPECT_EQ(eight.any_below('!'), byte <= ' ');
      EXPECT_EQ(eight.any('"'), byte == '"');
      EXPECT_EQ(eight.any('\x7f'), byte == 0x7f);
      EXPECT_EQ(eight.any('\xe4'), byte == 0xe4);
    }
  }
}

}  // namespace
}  // namespace headwater
