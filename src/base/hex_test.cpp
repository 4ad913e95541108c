#include "src/base/hex.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(Hex, HoldsAnyBytes) {
  std::string text = "x";
  append_hex_bytes(text, std::string_view("\0\xff\n", 3));
  EXPECT_EQ(text, "x00ff0a");
  EXPECT_EQ(bytes_from_hex("00ff0a"), std::string("\0\xff\n", 3));
  EXPECT_EQ(bytes_from_hex(""), "");
}

TEST(Hex, HasOneSpellingForEachByte) {
  for (const char* text : {"0", "0A", "0g", " 0", "0x", "00 "}) {
    EXPECT_EQ(bytes_from_hex(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace headwater
