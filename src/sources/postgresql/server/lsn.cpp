#include "src/sources/postgresql/server/lsn.h"

#include <array>
#include <cstddef>

#include "src/base/number_in.h"

namespace headwater::postgresql {
namespace {

constexpr unsigned half = 32;

/// Several times for each change.
void append_upper_hex(std::string& to, std::uint32_t number) {
  constexpr std::string_view letters = "0123456789ABCDEF";
  std::array<char, 8> digits{};
  std::size_t first = digits.size();
  do {
    digits[--first] = letters[number & 0xFU];
    number >>= 4U;
  } while (number != 0);
  to.append(digits.data() + first, digits.size() - first);
}

}  // namespace

std::string text_of(Lsn lsn) {
  std::string text;
  append_text_of(text, lsn);
  return text;
}

void append_text_of(std::string& to, Lsn lsn) {
  append_upper_hex(to, static_cast<std::uint32_t>(lsn >> half));
  to += '/';
  append_upper_hex(to, static_cast<std::uint32_t>(lsn));
}

std::optional<Lsn> lsn_from(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = whole_number<std::uint32_t>(text.substr(0, slash), 16);
  const auto low = whole_number<std::uint32_t>(text.substr(slash + 1), 16);
  if (!high || !low) return std::nullopt;
  return Lsn{*high} << half | *low;
}

Lsn end_before(Lsn lsn, std::uint64_t segment_size) {
  if (segment_size != 0 && lsn % segment_size == first_page_header) {
    return lsn - first_page_header;
  }
  return lsn % log_page_size == page_header ? lsn - page_header : lsn;
}

}  // namespace headwater::postgresql
