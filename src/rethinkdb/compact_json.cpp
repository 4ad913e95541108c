#include "src/rethinkdb/compact_json.h"

#include <string>

#include "src/base/eight_bytes.h"
#include "src/event/json_text.h"
#include "src/json/json.h"

namespace headwater::rethinkdb {
namespace {

constexpr auto npos = std::string_view::npos;

char at_or_nul(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t end_of_digits(std::string_view text, std::size_t at) {
  while (is_digit(at_or_nul(text, at))) ++at;
  return at;
}

/// At least one digit.
std::size_t end_of_some_digits(std::string_view text, std::size_t at) {
  const std::size_t end = end_of_digits(text, at);
  return end == at ? npos : end;
}

std::size_t end_of_number(std::string_view text, std::size_t at) {
  if (at_or_nul(text, at) == '-') ++at;
  at = at_or_nul(text, at) == '0' ? at + 1 : end_of_some_digits(text, at);
  if (at != npos && at_or_nul(text, at) == '.') at = end_of_some_digits(text, at + 1);
  if (at == npos) return npos;
  if (at_or_nul(text, at) != 'e' && at_or_nul(text, at) != 'E') return at;
  ++at;
  if (at_or_nul(text, at) == '+' || at_or_nul(text, at) == '-') ++at;
  return end_of_some_digits(text, at);
}

std::size_t end_of_word(std::string_view text, std::size_t at, std::string_view word) {
  return text.substr(at, word.size()) == word ? at + word.size() : npos;
}

std::size_t end_of_escape(std::string_view text, std::size_t at) {
  constexpr std::string_view short_ones = "\"\\/bfnrt";
  constexpr std::size_t hex_digits_of_one = 4;
  const char kind = at_or_nul(text, at + 1);
  if (kind != 'u') return short_ones.find(kind) == npos ? npos : at + 2;
  const auto digits = text.substr(at + 2, hex_digits_of_one);
  const bool whole = digits.size() == hex_digits_of_one &&
                     digits.find_first_not_of("0123456789abcdefABCDEF") == npos;
  return whole ? at + 2 + hex_digits_of_one : npos;
}

/// Neither an object nor an array.
std::size_t end_of_scalar(std::string_view text, std::size_t at) {
  switch (at_or_nul(text, at)) {
    case '"':
      return end_of_compact_string(text, at);
    case 't':
      return end_of_word(text, at, "true");
    case 'f':
      return end_of_word(text, at, "false");
    case 'n':
      return end_of_word(text, at, "null");
    default:
      return end_of_number(text, at);
  }
}

/// The position after the name of a member and its colon.
std::size_t end_of_name(std::string_view text, std::size_t at) {
  const std::size_t end = end_of_compact_string(text, at);
  return end != npos && at_or_nul(text, end) == ':' ? end + 1 : npos;
}

}  // namespace

std::size_t end_of_compact_string(std::string_view text, std::size_t at) {
  if (at_or_nul(text, at) != '"') return npos;
  const std::size_t begin = ++at;
  bool ascii = true;
  for (;;) {
    while (text.size() - at >= EightBytes::size) {
      const EightBytes word(text, at);
      if (word.any('"') || word.any('\\') || word.any_below(' ')) break;
      ascii = ascii && !word.any_not_ascii();
      at += EightBytes::size;
    }
    if (at >= text.size()) return npos;
    const char c = text[at];
    if (c == '"') break;
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ') return npos;
    if (byte > 0x7f) ascii = false;
    at = c == '\\' ? end_of_escape(text, at) : at + 1;
    if (at == npos) return npos;
  }
  return ascii || is_utf8(text.substr(begin, at - begin)) ? at + 1 : npos;
}

std::size_t end_of_compact_json(std::string_view text, std::size_t at) {
  std::string open;  // the brackets that are
  for (;;) {
    const char c = at_or_nul(text, at);
    if (c == '{' || c == '[') {
      if (open.size() >= Json::max_depth) return npos;
      open += c;
      ++at;
      const bool empty = at_or_nul(text, at) == (c == '{' ? '}' : ']');
      if (!empty) {
        if (c == '{') at = end_of_name(text, at);
        if (at == npos) return npos;
        continue;
      }
    } else {
      at = end_of_scalar(text, at);
      if (at == npos) return npos;
    }
    // After a value: the end of those that it ends, or the next one.
    while (!open.empty() && at_or_nul(text, at) == (open.back() == '{' ? '}' : ']')) {
      open.pop_back();
      ++at;
    }
    if (open.empty()) return at;
    if (at_or_nul(text, at) != ',') return npos;
    ++at;
    if (open.back() == '{') at = end_of_name(text, at);
    if (at == npos) return npos;
  }
}

}  // namespace headwater::rethinkdb
