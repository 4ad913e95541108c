#include "src/sources/sqlite/capture/index_text.h"

#include <cctype>

#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

/// The end of the string, quoted name or comment that begins at `at`; `at` if none does.
std::size_t skip_quoted(std::string_view sql, std::size_t at) {
  const auto end_of = [&](std::string_view mark, std::size_t from) {
    const auto end = sql.find(mark, from);
    return end == std::string_view::npos ? sql.size() : end + mark.size();
  };
  switch (sql[at]) {
    case '\'':
    case '"':
    case '`':
      // A doubled mark ends one string and begins the next: the same for our purpose.
      return end_of(sql.substr(at, 1), at + 1);
    case '[':
      return end_of("]", at + 1);
    case '-':
      return sql.substr(at).starts_with("--") ? end_of("\n", at) : at;
    case '/':
      return sql.substr(at).starts_with("/*") ? end_of("*/", at + 2) : at;
    default:
      return at;
  }
}

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && (space(text.back()) || text.back() == ';')) text.remove_suffix(1);
  return text;
}

std::string without_direction(std::string_view term) {
  term = trimmed(term);
  for (const std::string_view word : {"ASC", "DESC"}) {
    if (term.size() <= word.size() || !same_name(term.substr(term.size() - word.size()), word)) {
      continue;
    }
    const auto before = static_cast<unsigned char>(term[term.size() - word.size() - 1]);
    if (std::isspace(before) != 0 || before == ')' || before == '"') {
      return std::string(trimmed(term.substr(0, term.size() - word.size())));
    }
  }
  return std::string(term);
}

}  // namespace

std::optional<IndexText> parse_index(std::string_view sql) {
  IndexText result;
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < sql.size()) {
    if (const auto end = skip_quoted(sql, at); end != at) {
      at = end;
      continue;
    }
    const char c = sql[at++];
    if (c == '(' && depth++ == 0) begin = at;
    if (c == ',' && depth == 1) {
      result.terms.push_back(without_direction(sql.substr(begin, at - 1 - begin)));
      begin = at;
    }
    if (c == ')' && --depth == 0) {
      result.terms.push_back(without_direction(sql.substr(begin, at - 1 - begin)));
      break;
    }
  }
  if (result.terms.empty()) return std::nullopt;
  auto rest = sql.substr(at);
  while (!(rest = trimmed(rest)).empty()) {  // a comment may stand before WHERE
    const auto end = skip_quoted(rest, 0);
    if (end == 0) break;
    rest.remove_prefix(end);
  }
  if (rest.empty()) return result;
  if (rest.size() < 6 || !same_name(rest.substr(0, 5), "where")) return std::nullopt;
  result.where = trimmed(rest.substr(5));
  return result;
}

}  // namespace headwater::sqlite
