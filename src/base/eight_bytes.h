// Looks at eight bytes of a text as one number, several times as fast as one by one ("Bit Twiddling
// Hacks": determine if a word has a zero byte, or a byte less than n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headwater {

class EightBytes {
 public:
  static constexpr std::size_t size = sizeof(std::uint64_t);

  /// Those of `text` from `at` on; there must be as many.
  EightBytes(std::string_view text, std::size_t at) { std::memcpy(&word_, text.data() + at, size); }

  [[nodiscard]] bool any_not_ascii() const { return (word_ & high_bits) != 0; }
  [[nodiscard]] bool any(char wanted) const {
    const std::uint64_t zero_where_wanted = word_ ^ repeated(wanted);
    return ((zero_where_wanted - repeated(1)) & ~zero_where_wanted & high_bits) != 0;
  }
  /// An ASCII byte that comes before `limit`, which is one, too.
  [[nodiscard]] bool any_below(char limit) const {
    return ((word_ - repeated(limit)) & ~word_ & high_bits) != 0;
  }

 private:
  static constexpr std::uint64_t repeated(char byte) {
    return static_cast<unsigned char>(byte) * std::uint64_t{0x0101010101010101U};
  }
  static constexpr std::uint64_t high_bits = 0x8080808080808080U;

  std::uint64_t word_ = 0;
};

}  // namespace headwater
