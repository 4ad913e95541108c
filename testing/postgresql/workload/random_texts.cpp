#include "testing/postgresql/workload/random_texts.h"

#include "src/base/hex.h"

namespace headwater::rig {

std::string random_digits(Random& random, std::uint64_t most) {
  std::string text(1, static_cast<char>('1' + any(random, 9)));
  for (auto left = any(random, most); left > 0; --left) {
    text += static_cast<char>('0' + any(random, 10));
  }
  return text;
}

std::string random_sign(Random& random) { return one_in(random, 2) ? "-" : ""; }

std::string random_hex(Random& random, std::uint64_t bytes) {
  std::string text;
  for (; bytes > 0; --bytes) {
    const char byte = static_cast<char>(any(random, 256));
    append_hex_bytes(text, {&byte, 1});
  }
  return text;
}

std::string random_text(Random& random) {
  static constexpr const char* parts[] = {"a",
                                          "B",
                                          " ",
                                          "'",
                                          "\"",
                                          "\\",
                                          "\n",
                                          "\t",
                                          "\r",
                                          "\x01",
                                          "\x7f",
                                          "\xc3\xa9",
                                          "\xe2\x82\xac",
                                          "\xf0\x9f\x98\x80",
                                          "\xef\xbf\xbf",
                                          "%",
                                          "$",
                                          "{",
                                          "}",
                                          "/",
                                          ",",
                                          ".",
                                          "NULL",
                                          "\xe2\x80\xa8"};
  std::string text;
  for (auto left = any(random, 8); left > 0; --left) {
    // "NULL" is four characters.
    text += any_of(random, parts);
    if (text.ends_with("NULL")) break;
  }
  return text;
}

}  // namespace headwater::rig
