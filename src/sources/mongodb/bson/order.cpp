#include "src/sources/mongodb/bson/order.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "src/base/number_in.h"
#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {
namespace {

using Order = std::weak_ordering;

/// Values of different ranks sort by rank: canonicalizeBSONType() in the server's
/// src/mongo/bson/bsontypes.h.
int rank(bson_type_t type) {
  switch (type) {
    case BSON_TYPE_MINKEY:
      return -1;
    case BSON_TYPE_EOD:
    case BSON_TYPE_UNDEFINED:
      return 0;
    case BSON_TYPE_NULL:
      return 5;
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DECIMAL128:
      return 10;
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
      return 15;
    case BSON_TYPE_DOCUMENT:
      return 20;
    case BSON_TYPE_ARRAY:
      return 25;
    case BSON_TYPE_BINARY:
      return 30;
    case BSON_TYPE_OID:
      return 35;
    case BSON_TYPE_BOOL:
      return 40;
    case BSON_TYPE_DATE_TIME:
      return 45;
    case BSON_TYPE_TIMESTAMP:
      return 47;
    case BSON_TYPE_REGEX:
      return 50;
    case BSON_TYPE_DBPOINTER:
      return 55;
    case BSON_TYPE_CODE:
      return 60;
    case BSON_TYPE_CODEWSCOPE:
      return 65;
    case BSON_TYPE_MAXKEY:
      return 127;
  }
  return 126;
}

Order bytes(std::string_view a, std::string_view b) { return a <=> b; }

std::string_view view(const void* data, std::size_t length) {
  return {static_cast<const char*>(data), length};
}

/// A number to the last digit: sign × 0.digits × 10^exponent, without zeros at either end.
struct Decimal {
  enum class Kind { not_a_number, minus_infinity, finite, infinity };
  Kind kind = Kind::finite;
  bool negative = false;
  std::int64_t exponent = 0;
  std::string digits{};  ///< Empty: zero.
};

Decimal from_text(std::string_view text) {
  Decimal number;
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  if (text == "NaN" || text == "nan") return {.kind = Decimal::Kind::not_a_number};
  if (text.starts_with('I') || text.starts_with('i')) {
    return {.kind = number.negative ? Decimal::Kind::minus_infinity : Decimal::Kind::infinity};
  }
  std::size_t at = 0;
  bool behind_point = false;
  for (; at < text.size() && text[at] != 'E' && text[at] != 'e'; ++at) {
    if (text[at] == '.') {
      behind_point = true;
      continue;
    }
    number.digits += text[at];
    if (!behind_point) ++number.exponent;
  }
  if (at < text.size()) {
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    number.exponent += whole_number<std::int64_t>(text.substr(at)).value_or(0);
  }
  const std::size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  number.exponent -= static_cast<std::int64_t>(first);
  number.digits.erase(0, first);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  return number;
}

Decimal exactly(const bson_value_t& value) {
  if (value.value_type == BSON_TYPE_INT32) return from_text(std::to_string(value.value.v_int32));
  if (value.value_type == BSON_TYPE_INT64) return from_text(std::to_string(value.value.v_int64));
  if (value.value_type == BSON_TYPE_DECIMAL128) {
    std::array<char, BSON_DECIMAL128_STRING> text{};
    bson_decimal128_to_string(&value.value.v_decimal128, text.data());
    return from_text(text.data());
  }
  // No double has more digits that are not zero.
  constexpr int most_digits = 766;
  std::array<char, most_digits + 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value.value.v_double,
                                 std::chars_format::scientific, most_digits);
  return from_text({text.data(), end.ptr});
}

Order compare_numbers(const Decimal& a, const Decimal& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  if (a.kind != Decimal::Kind::finite) return Order::equivalent;
  const auto sign = [](const Decimal& number) {
    return number.digits.empty() ? 0 : number.negative ? -1 : 1;
  };
  if (sign(a) != sign(b)) return sign(a) <=> sign(b);
  const Decimal& smaller_if_less = a.negative ? b : a;
  const Decimal& other = a.negative ? a : b;
  if (smaller_if_less.exponent != other.exponent) {
    return smaller_if_less.exponent <=> other.exponent;
  }
  return bytes(smaller_if_less.digits, other.digits);
}

bool is_integer(const bson_value_t& value) {
  return value.value_type == BSON_TYPE_INT32 || value.value_type == BSON_TYPE_INT64;
}

std::int64_t integer(const bson_value_t& value) {
  return value.value_type == BSON_TYPE_INT32 ? value.value.v_int32 : value.value.v_int64;
}

Order compare_numbers(const bson_value_t& a, const bson_value_t& b) {
  if (is_integer(a) && is_integer(b)) return integer(a) <=> integer(b);
  return compare_numbers(exactly(a), exactly(b));
}

std::string_view text_of(const bson_value_t& value) {
  if (value.value_type == BSON_TYPE_SYMBOL) {
    return {value.value.v_symbol.symbol, value.value.v_symbol.len};
  }
  return {value.value.v_utf8.str, value.value.v_utf8.len};
}

/// Member by member: what kind of value, then its name, then the value (BSONElement::woCompare in
/// src/mongo/bson/bsonelement.cpp).
Order compare_documents(const std::uint8_t* a, std::uint32_t a_length, const std::uint8_t* b,
                        std::uint32_t b_length) {
  bson_iter_t left;
  bson_iter_t right;
  if (!bson_iter_init_from_data(&left, a, a_length)) return Order::less;
  if (!bson_iter_init_from_data(&right, b, b_length)) return Order::greater;
  for (;;) {
    const bool more_left = bson_iter_next(&left);
    const bool more_right = bson_iter_next(&right);
    if (!more_left || !more_right) return more_left <=> more_right;
    const int left_rank = rank(bson_iter_type(&left));
    const int right_rank = rank(bson_iter_type(&right));
    if (left_rank != right_rank) return left_rank <=> right_rank;
    const Order names = bytes(bson_iter_key(&left), bson_iter_key(&right));
    if (names != Order::equivalent) return names;
    const Order values = compare(*bson_iter_value(&left), *bson_iter_value(&right));
    if (values != Order::equivalent) return values;
  }
}

/// The length first, then the subtype, then the bytes.
Order compare_binaries(const bson_value_t& a, const bson_value_t& b) {
  const auto& left = a.value.v_binary;
  const auto& right = b.value.v_binary;
  if (left.data_len != right.data_len) return left.data_len <=> right.data_len;
  if (left.subtype != right.subtype) return left.subtype <=> right.subtype;
  return bytes(view(left.data, left.data_len), view(right.data, right.data_len));
}

Order compare_times(const bson_value_t& a, const bson_value_t& b) {
  const auto& left = a.value.v_timestamp;
  const auto& right = b.value.v_timestamp;
  if (left.timestamp != right.timestamp) return left.timestamp <=> right.timestamp;
  return left.increment <=> right.increment;
}

Order compare_pointers(const bson_value_t& a, const bson_value_t& b) {
  const auto& left = a.value.v_dbpointer;
  const auto& right = b.value.v_dbpointer;
  if (left.collection_len != right.collection_len) {
    return left.collection_len <=> right.collection_len;
  }
  const Order names = bytes(left.collection, right.collection);
  if (names != Order::equivalent) return names;
  return bytes(view(left.oid.bytes, sizeof left.oid.bytes),
               view(right.oid.bytes, sizeof right.oid.bytes));
}

Order compare_codes_with_scope(const bson_value_t& a, const bson_value_t& b) {
  const auto& left = a.value.v_codewscope;
  const auto& right = b.value.v_codewscope;
  const Order codes = bytes({left.code, left.code_len}, {right.code, right.code_len});
  if (codes != Order::equivalent) return codes;
  return compare_documents(left.scope_data, left.scope_len, right.scope_data, right.scope_len);
}

/// Types that hardly any _id has.
Order compare_rare(const bson_value_t& a, const bson_value_t& b) {
  switch (a.value_type) {
    case BSON_TYPE_TIMESTAMP:
      return compare_times(a, b);
    case BSON_TYPE_REGEX: {
      const Order patterns = bytes(a.value.v_regex.regex, b.value.v_regex.regex);
      if (patterns != Order::equivalent) return patterns;
      return bytes(a.value.v_regex.options, b.value.v_regex.options);
    }
    case BSON_TYPE_DBPOINTER:
      return compare_pointers(a, b);
    case BSON_TYPE_CODE:
      return bytes({a.value.v_code.code, a.value.v_code.code_len},
                   {b.value.v_code.code, b.value.v_code.code_len});
    case BSON_TYPE_CODEWSCOPE:
      return compare_codes_with_scope(a, b);
    default:
      return Order::equivalent;
  }
}

}  // namespace

std::weak_ordering compare(const bson_value_t& a, const bson_value_t& b) {
  const int left = rank(a.value_type);
  const int right = rank(b.value_type);
  if (left != right) return left <=> right;
  switch (a.value_type) {
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DECIMAL128:
      return compare_numbers(a, b);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
      return bytes(text_of(a), text_of(b));
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
      return compare_documents(a.value.v_doc.data, a.value.v_doc.data_len, b.value.v_doc.data,
                               b.value.v_doc.data_len);
    case BSON_TYPE_BINARY:
      return compare_binaries(a, b);
    case BSON_TYPE_OID:
      return bytes(view(a.value.v_oid.bytes, sizeof a.value.v_oid.bytes),
                   view(b.value.v_oid.bytes, sizeof b.value.v_oid.bytes));
    case BSON_TYPE_BOOL:
      return a.value.v_bool <=> b.value.v_bool;
    case BSON_TYPE_DATE_TIME:
      return a.value.v_datetime <=> b.value.v_datetime;
    default:
      return compare_rare(a, b);
  }
}

}  // namespace headwater::mongodb
