#include "src/sources/postgresql/values/value_of.h"

#include <charconv>
#include <optional>
#include <string>

#include "src/base/hex.h"
#include "src/base/number_in.h"
#include "src/event/json_text.h"

namespace headwater::postgresql {
namespace {

Value text(std::string_view bytes) { return Text{std::string(bytes)}; }

Value integer(std::string_view digits) {
  const auto number = whole_number<std::int64_t>(digits);
  return number ? Value(*number) : text(digits);
}

/// The shortest digits that read back as the same number, also of a 4-byte one.
Value real(std::string_view digits) {
  double number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && stop == end ? Value(number) : text(digits);
}

/// A whole number is an integer, so that equal numbers are equal values.
Value decimal(std::string_view digits) {
  const auto number = whole_number<std::int64_t>(digits);
  return number ? Value(*number) : Value(Decimal{std::string(digits)});
}

/// "\x00ff".
Value blob(std::string_view digits) {
  if (!digits.starts_with("\\x")) return text(digits);
  auto bytes = bytes_from_hex(digits.substr(2));
  return bytes ? Value(Blob{*std::move(bytes)}) : text(digits);
}

}  // namespace

// pg_type.dat
Form form_of(TypeId type) {
  switch (type) {
    case 16:  // bool
      return Form::boolean;
    case 20:  // int8
    case 21:  // int2
    case 23:  // int4
    case 26:  // oid
      return Form::integer;
    case 700:  // float4
    case 701:  // float8
      return Form::real;
    case 1700:  // numeric
      return Form::decimal;
    case 1082:  // date
    case 1083:  // time
    case 1114:  // timestamp
    case 1184:  // timestamptz
    case 1266:  // timetz
      return Form::time;
    case 114:   // json
    case 3802:  // jsonb
      return Form::json;
    case 17:  // bytea
      return Form::blob;
    default:
      return Form::text;
  }
}

Value value_of(Form form, std::string_view bytes) {
  switch (form) {
    case Form::boolean:
      return bytes == "t" || bytes == "f" ? Value(bytes == "t") : text(bytes);
    case Form::integer:
      return integer(bytes);
    case Form::real:
      return real(bytes);
    case Form::decimal:
      return decimal(bytes);
    case Form::time:
      return Time{std::string(bytes)};
    case Form::json:
      return is_utf8(bytes) ? Value(JsonText{std::string(bytes)}) : text(bytes);
    case Form::blob:
      return blob(bytes);
    case Form::text:
      break;
  }
  return text(bytes);
}

}  // namespace headwater::postgresql
