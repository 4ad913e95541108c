#include "src/kubernetes/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include "src/base/hex.h"

namespace headwater::kubernetes {
namespace {

// Neither printable in YAML nor kept in a block: https://yaml.org/spec/1.2.2/#51-character-set and,
// in YAML 1.1, https://yaml.org/spec/1.1/#id871136: line breaks beyond ASCII, and the byte order mark.
struct Special {
  std::string_view bytes;
  std::string_view escape;
};
constexpr std::array<Special, 4> specials{{{"\xc2\x85", "\\u0085"},
                                           {"\xe2\x80\xa8", "\\u2028"},
                                           {"\xe2\x80\xa9", "\\u2029"},
                                           {"\xef\xbb\xbf", "\\uFEFF"}}};

const Special* special_at(std::string_view text, std::size_t at) {
  for (const Special& special : specials) {
    if (text.substr(at, special.bytes.size()) == special.bytes) return &special;
  }
  return nullptr;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// U+0080 to U+009F, which YAML does not print.
bool is_high_control(std::string_view text, std::size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

/// U+FFFE and U+FFFF, which YAML does not print.
bool is_noncharacter(std::string_view text, std::size_t at) {
  return text.substr(at, 2) == "\xef\xbf" && at + 2 < text.size() &&
         static_cast<unsigned char>(text[at + 2]) >= 0xbe;
}

void append_escaped(std::string& to, char c) {
  switch (c) {
    case '\n':
      to += "\\n";
      return;
    case '\t':
      to += "\\t";
      return;
    case '\r':
      to += "\\r";
      return;
    default:
      append_hex_bytes(to += "\\x", {&c, 1});
  }
}

/// As a scalar in double quotes has it. Escapes `signs`, too.
std::string escaped(std::string_view text, std::string_view signs) {
  std::string quoted;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const Special* const special = special_at(text, at)) {
      quoted += special->escape;
      at += special->bytes.size() - 1;
    } else if (is_high_control(text, at)) {
      append_escaped(quoted, text[++at]);
    } else if (is_noncharacter(text, at)) {
      quoted += text[at + 2] == '\xbe' ? "\\uFFFE" : "\\uFFFF";
      at += 2;
    } else if (signs.find(c) != std::string_view::npos) {
      quoted += std::string("\\") + c;
    } else if (is_control(c)) {
      append_escaped(quoted, c);
    } else {
      quoted += c;
    }
  }
  return quoted;
}

std::string in_quotes(std::string_view text) { return '"' + escaped(text, "\"\\") + '"'; }

/// Letters, digits and a few signs, and more than a number, a time, a date or a word that some
/// version of YAML gives a meaning: those have no '-' or '/' after a letter.
bool is_plain(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  if (text.find_first_of("-/") == std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-/._").find(c) != std::string_view::npos;
  });
}

bool fits_a_block(std::string_view text) {
  // A block drops nothing at its end if the text ends with exactly one line break; blanks or an
  // empty line at its beginning would be taken for indentation.
  if (!text.ends_with('\n') || text.ends_with("\n\n") || text.front() == ' ' ||
      text.front() == '\n' || text.front() == '\t') {
    return false;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_control(text[at]) && text[at] != '\n' && text[at] != '\t') return false;
    if (special_at(text, at) != nullptr || is_high_control(text, at) || is_noncharacter(text, at)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string yaml_text(std::string_view text) {
  return is_plain(text) ? std::string(text) : in_quotes(text);
}

std::string yaml_comment(std::string_view text) { return escaped(text, ""); }

std::string indented(std::string_view yaml, std::size_t blanks) {
  std::string result;
  for (std::size_t at = 0; at < yaml.size();) {
    const std::size_t end = std::min(yaml.find('\n', at), yaml.size() - 1);
    const std::string_view line = yaml.substr(at, end + 1 - at);
    if (line != "\n") result.append(blanks, ' ');
    result += line;
    at = end + 1;
  }
  return result;
}

std::string yaml_block(std::string_view text, std::size_t indent) {
  if (text.empty() || !fits_a_block(text)) return in_quotes(text) + "\n";
  return "|\n" + indented(text, indent);
}

}  // namespace headwater::kubernetes
