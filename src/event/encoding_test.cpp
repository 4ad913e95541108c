#include "src/event/encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

TEST(PercentEncoding, KeepsUnreservedCharacters) {
  std::string text;
  append_percent_encoded(text, "aZ0-._~/ %ü");
  EXPECT_EQ(text, "aZ0-._~%2F%20%25%C3%BC");
}

TEST(PercentEncoding, EncodesMoreOnRequest) {
  std::string text;
  append_percent_encoded(text, "a.b c", ".");
  append_percent_bytes(text, "a.");
  EXPECT_EQ(text, "a%2Eb%20c%61%2E");
}

TEST(PercentEncoding, DecodesWhatOthersWriteAsFarAsItCan) {
  EXPECT_EQ(with_percents_decoded("a%2fb%41%"), "a/bA%");
  EXPECT_EQ(with_percents_decoded("%%zz%4%-1"), "%%zz%4%-1");
}

TEST(PercentEncoding, DecodesOnlyWhatItWrites) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::string text;
  append_percent_encoded(text, bytes);
  EXPECT_EQ(percent_decoded(text), bytes);
  for (const char* bad : {"%", "%2", "%2f", "%G0", "%41", "/"}) {
    EXPECT_FALSE(percent_decoded(bad)) << bad;
  }
}

TEST(Base64, DecodesWhatItWrites) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\xfd\xfc"}) {
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(base64_decoded(text), bytes);
  }
  EXPECT_FALSE(base64_decoded("a*b="));
}

}  // namespace
}  // namespace headwater
