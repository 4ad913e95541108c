// Arrays in PostgreSQL's binary format, as array_send() writes them: one statement gets a whole
// batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headwater::client::inbox {

inline constexpr unsigned text_type = 25;
inline constexpr unsigned text_array_type = 1009;
inline constexpr unsigned bigint_type = 20;
inline constexpr unsigned bigint_array_type = 1016;
inline constexpr unsigned tid_type = 27;

class BinaryArray {
 public:
  /// All `size` values must be added.
  BinaryArray(unsigned element_type, std::size_t size) {
    add_number(size == 0 ? 0 : 1, 4);  // dimensions
    add_number(0, 4);                  // no NULL
    add_number(element_type, 4);
    if (size == 0) return;
    add_number(size, 4);
    add_number(1, 4);  // the index of the first
  }

  void add(std::string_view text) {
    add_number(text.size(), 4);
    bytes_.append(text);
  }
  void add(std::int64_t number) {
    add_number(8, 4);
    add_number(static_cast<std::uint64_t>(number), 8);
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void add_number(std::uint64_t number, unsigned size) {
    for (unsigned left = size; left > 0; --left) {
      bytes_.push_back(static_cast<char>(number >> (8 * (left - 1)) & 0xffU));
    }
  }

  std::string bytes_;
};

}  // namespace headwater::client::inbox
