#include "src/sources/mongodb/bson/ext_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "src/base/hex.h"
#include "src/event/json_text.h"

namespace headwater::mongodb {
namespace {

// The server refuses documents nested deeper than 200 (BSONDepth::kDefaultMaxAllowableDepth).
constexpr int deepest = 256;

constexpr std::int64_t last_plain_date_ms = 253'402'300'799'999;  // of the year 9999

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), end.ptr);
}

/// {"$name":"
void open(std::string& to, std::string_view name) {
  to += "{\"$";
  to += name;
  to += "\":\"";
}

/// The server does not check that text is UTF-8.
void append_text(std::string& to, std::string_view text) {
  if (is_utf8(text)) return append_json_string(to, text);
  open(to, "text");
  append_base64(to, text);
  to += "\"}";
}

/// Shortest digits that read back the same, never like an integer's.
void append_double(std::string& to, double value, ExtendedJson form) {
  const bool finite = std::isfinite(value);
  const bool tagged = form == ExtendedJson::canonical || !finite;
  if (tagged) open(to, "numberDouble");
  if (finite) {
    append_json_real(to, value);
  } else {
    to += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }
  if (tagged) to += "\"}";
}

void append_int32(std::string& to, std::int32_t value, ExtendedJson form) {
  if (form == ExtendedJson::relaxed) return append_number(to, value);
  open(to, "numberInt");
  append_number(to, value);
  to += "\"}";
}

void append_int64(std::string& to, std::int64_t value, ExtendedJson form) {
  if (form == ExtendedJson::relaxed) return append_number(to, value);
  open(to, "numberLong");
  append_number(to, value);
  to += "\"}";
}

void append_date(std::string& to, std::int64_t milliseconds, ExtendedJson form) {
  to += "{\"$date\":";
  if (form == ExtendedJson::relaxed && milliseconds >= 0 && milliseconds <= last_plain_date_ms) {
    to += '"';
    append_time(to, WallTime(Milliseconds(milliseconds)));
    // The specification leaves a fraction of zero out.
    constexpr std::string_view nothing = ".000Z";
    if (to.ends_with(nothing)) to.replace(to.size() - nothing.size(), nothing.size(), "Z");
    to += "\"}";
    return;
  }
  open(to, "numberLong");
  append_number(to, milliseconds);
  to += "\"}}";
}

void append_binary(std::string& to, const bson_iter_t& at) {
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::uint32_t length = 0;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&at, &subtype, &length, &data);
  const char number = static_cast<char>(subtype);
  to += R"({"$binary":{"base64":")";
  // std::string_view's bytes are the library's bytes.
  append_base64(to, {reinterpret_cast<const char*>(data), length});
  to += R"(","subType":")";
  append_hex_bytes(to, {&number, 1});
  to += "\"}}";
}

void append_oid(std::string& to, const bson_oid_t* oid) {
  std::array<char, 25> hex{};
  bson_oid_to_string(oid, hex.data());
  to += hex.data();
}

void append_regex(std::string& to, const bson_iter_t& at) {
  const char* options = nullptr;
  const char* pattern = bson_iter_regex(&at, &options);
  // The specification wants them in the order of the alphabet.
  std::string sorted(options);
  std::sort(sorted.begin(), sorted.end());
  to += R"({"$regularExpression":{"pattern":)";
  append_text(to, pattern);
  to += ",\"options\":";
  append_text(to, sorted);
  to += "}}";
}

void append_decimal(std::string& to, const bson_iter_t& at) {
  bson_decimal128_t decimal;
  bson_iter_decimal128(&at, &decimal);
  std::array<char, BSON_DECIMAL128_STRING> text{};
  bson_decimal128_to_string(&decimal, text.data());
  open(to, "numberDecimal");
  to += text.data();
  to += "\"}";
}

void append_timestamp(std::string& to, const bson_iter_t& at) {
  std::uint32_t seconds = 0;
  std::uint32_t increment = 0;
  bson_iter_timestamp(&at, &seconds, &increment);
  to += R"({"$timestamp":{"t":)";
  append_number(to, seconds);
  to += ",\"i\":";
  append_number(to, increment);
  to += "}}";
}

std::string_view text_of(const bson_iter_t& at,
                         const char* (*get)(const bson_iter_t*, std::uint32_t*)) {
  std::uint32_t length = 0;
  const char* text = get(&at, &length);
  return {text, length};
}

bool append_members(std::string& to, bson_iter_t& each, ExtendedJson form, bool names, int depth);

bool append_nested(std::string& to, const bson_iter_t& at, ExtendedJson form, int depth) {
  bson_iter_t inside;
  if (depth >= deepest || !bson_iter_recurse(&at, &inside)) return false;
  return append_members(to, inside, form, !BSON_ITER_HOLDS_ARRAY(&at), depth + 1);
}

bool append_code_with_scope(std::string& to, const bson_iter_t& at, ExtendedJson form, int depth) {
  std::uint32_t code_length = 0;
  std::uint32_t scope_length = 0;
  const std::uint8_t* scope = nullptr;
  const char* code = bson_iter_codewscope(&at, &code_length, &scope_length, &scope);
  bson_iter_t inside;
  if (depth >= deepest || !bson_iter_init_from_data(&inside, scope, scope_length)) return false;
  to += "{\"$code\":";
  append_text(to, {code, code_length});
  to += ",\"$scope\":";
  if (!append_members(to, inside, form, true, depth + 1)) return false;
  to += '}';
  return true;
}

void append_pointer(std::string& to, const bson_iter_t& at) {
  std::uint32_t length = 0;
  const char* collection = nullptr;
  const bson_oid_t* oid = nullptr;
  bson_iter_dbpointer(&at, &length, &collection, &oid);
  to += R"({"$dbPointer":{"$ref":)";
  append_text(to, {collection, length});
  to += R"(,"$id":{"$oid":")";
  append_oid(to, oid);
  to += "\"}}}";
}

/// Deprecated types, which old documents still have.
bool append_rare(std::string& to, const bson_iter_t& at, ExtendedJson form, int depth) {
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_UNDEFINED:
      to += R"({"$undefined":true})";
      return true;
    case BSON_TYPE_REGEX:
      append_regex(to, at);
      return true;
    case BSON_TYPE_DBPOINTER:
      append_pointer(to, at);
      return true;
    case BSON_TYPE_CODE:
      to += "{\"$code\":";
      append_text(to, text_of(at, bson_iter_code));
      to += '}';
      return true;
    case BSON_TYPE_SYMBOL:
      to += "{\"$symbol\":";
      append_text(to, text_of(at, bson_iter_symbol));
      to += '}';
      return true;
    case BSON_TYPE_CODEWSCOPE:
      return append_code_with_scope(to, at, form, depth);
    case BSON_TYPE_MINKEY:
      to += R"({"$minKey":1})";
      return true;
    case BSON_TYPE_MAXKEY:
      to += R"({"$maxKey":1})";
      return true;
    default:
      return false;
  }
}

bool append(std::string& to, const bson_iter_t& at, ExtendedJson form, int depth) {
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_UTF8:
      append_text(to, text_of(at, bson_iter_utf8));
      return true;
    case BSON_TYPE_INT32:
      append_int32(to, bson_iter_int32(&at), form);
      return true;
    case BSON_TYPE_INT64:
      append_int64(to, bson_iter_int64(&at), form);
      return true;
    case BSON_TYPE_DOUBLE:
      append_double(to, bson_iter_double(&at), form);
      return true;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
      return append_nested(to, at, form, depth);
    case BSON_TYPE_OID:
      open(to, "oid");
      append_oid(to, bson_iter_oid(&at));
      to += "\"}";
      return true;
    case BSON_TYPE_BOOL:
      to += bson_iter_bool(&at) ? "true" : "false";
      return true;
    case BSON_TYPE_NULL:
      to += "null";
      return true;
    case BSON_TYPE_DATE_TIME:
      append_date(to, bson_iter_date_time(&at), form);
      return true;
    case BSON_TYPE_TIMESTAMP:
      append_timestamp(to, at);
      return true;
    case BSON_TYPE_BINARY:
      append_binary(to, at);
      return true;
    case BSON_TYPE_DECIMAL128:
      append_decimal(to, at);
      return true;
    default:
      return append_rare(to, at, form, depth);
  }
}

bool append_members(std::string& to, bson_iter_t& each, ExtendedJson form, bool names, int depth) {
  to += names ? '{' : '[';
  bool first = true;
  while (bson_iter_next(&each)) {
    if (!first) to += ',';
    first = false;
    if (names) {
      append_json_name(to, bson_iter_key(&each));
      to += ':';
    }
    if (!append(to, each, form, depth)) return false;
  }
  to += names ? '}' : ']';
  return each.err_off == 0;
}

}  // namespace

bool append_document(std::string& to, const bson_t& document, ExtendedJson form) {
  bson_iter_t each;
  if (!bson_iter_init(&each, &document)) return false;
  return append_members(to, each, form, true, 0);
}

bool append_value(std::string& to, const bson_iter_t& at, ExtendedJson form) {
  return append(to, at, form, 0);
}

}  // namespace headwater::mongodb
