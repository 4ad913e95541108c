#include "src/sources/sqlite/capture/index_text.h"

#include <cctype>

#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

using Tokens = std::vector<std::string_view>;

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_' || c == '$';
}

/// Length of a quoted token; a doubled quote does not end it.
std::size_t quoted_length(std::string_view sql) {
  const char mark = sql.front() == '[' ? ']' : sql.front();
  for (std::size_t at = 1; at < sql.size(); ++at) {
    if (sql[at] != mark) continue;
    const bool doubled = mark != ']' && at + 1 < sql.size() && sql[at + 1] == mark;
    if (!doubled) return at + 1;
    ++at;
  }
  return sql.size();
}

/// Length of the blanks or the comment that `sql` begins with; 0 if it begins with neither.
std::size_t gap_length(std::string_view sql) {
  if (blank(sql.front())) return 1;
  const auto through = [&](std::string_view mark) {
    const auto end = sql.find(mark, 2);
    return end == std::string_view::npos ? sql.size() : end + mark.size();
  };
  if (sql.starts_with("--")) return through("\n");
  if (sql.starts_with("/*")) return through("*/");
  return 0;
}

std::size_t token_length(std::string_view sql) {
  constexpr std::string_view quotes = "'\"`[";
  const char first = sql.front();
  if (quotes.find(first) != std::string_view::npos) return quoted_length(sql);
  if ((first == 'x' || first == 'X') && sql.size() > 1 && sql[1] == '\'') {
    return 1 + quoted_length(sql.substr(1));
  }
  if (!in_word(first)) return 1;
  std::size_t length = 1;
  while (length < sql.size() && in_word(sql[length])) ++length;
  return length;
}

/// The token without the quotes of a name.
std::string unquoted(std::string_view token) {
  std::string name;
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    name += token[i];
    if (token[i] == '"') ++i;
  }
  return name;
}

/// Whether the token is in double quotes at the place of a value: not a function, a table, a
/// table's column, a collation or a type.
bool may_be_text(const Tokens& tokens, std::size_t at) {
  if (tokens[at].front() != '"') return false;
  const auto is = [&](std::size_t place, std::string_view text) {
    return place < tokens.size() && same_name(tokens[place], text);
  };
  if (is(at + 1, ".") || is(at + 1, "(")) return false;
  if (at == 0) return true;
  if (is(at - 1, ".") || is(at - 1, "COLLATE")) return false;
  // CAST(a AS "MY" "TYPE")
  std::size_t first = at;
  while (first > 0 && (in_word(tokens[first].front()) || tokens[first].front() == '"') &&
         !is(first, "AS")) {
    --first;
  }
  return !is(first, "AS");
}

/// The text from the first of these tokens to the last, with comments.
std::string text_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  if (from >= to) return {};
  const char* const begin = tokens[from].data();
  const char* const end = tokens[to - 1].data() + tokens[to - 1].size();
  return {begin, end};
}

std::string term_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  if (to > from + 1 && (same_name(tokens[to - 1], "ASC") || same_name(tokens[to - 1], "DESC")))
    --to;
  return text_of(tokens, from, to);
}

/// Whether it is one statement with balanced parentheses, so that each part keeps its meaning in
/// parentheses.
bool balanced_and_one(const Tokens& tokens) {
  std::size_t depth = 0;
  for (const auto token : tokens) {
    if (token == ";" || (token == ")" && depth == 0)) return false;
    depth += token == "(" ? 1U : 0U;
    depth -= token == ")" ? 1U : 0U;
  }
  return depth == 0;
}

/// The condition without the schema's name: `main.t.a` becomes `t.a`, because only main is meant.
std::string condition_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  const auto is = [&](std::size_t at, std::string_view text) {
    return at < to && tokens[at] == text;
  };
  std::string result;
  for (std::size_t at = from; at < to; ++at) {
    if (is(at + 1, ".") && is(at + 3, ".")) at += 2;  // schema . table . column
    const char* const end =
        at + 1 < to ? tokens[at + 1].data() : tokens[at].data() + tokens[at].size();
    result.append(tokens[at].data(), end);
  }
  return result;
}

}  // namespace

std::vector<std::string_view> sql_tokens(std::string_view sql) {
  Tokens tokens;
  while (!sql.empty()) {
    if (const auto gap = gap_length(sql); gap > 0) {
      sql.remove_prefix(gap);
      continue;
    }
    tokens.push_back(sql.substr(0, token_length(sql)));
    sql.remove_prefix(tokens.back().size());
  }
  return tokens;
}

std::string with_plain_texts(const std::string& expression,
                             const std::vector<std::string>& columns) {
  const Tokens tokens = sql_tokens(expression);
  std::string result;
  const char* from = expression.data();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!may_be_text(tokens, i)) continue;
    const std::string text = unquoted(tokens[i]);
    if (has_name(columns, text)) continue;
    result.append(from, tokens[i].data()).append(quote_text(text));
    from = tokens[i].data() + tokens[i].size();
  }
  return result.append(from, expression.data() + expression.size());
}

std::optional<IndexText> parse_index(std::string_view sql) {
  Tokens tokens = sql_tokens(sql);
  while (!tokens.empty() && tokens.back() == ";") tokens.pop_back();
  if (sql.find('\0') != std::string_view::npos || !balanced_and_one(tokens)) return std::nullopt;
  IndexText result;
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t at = 0;
  for (bool open = true; open && at < tokens.size(); ++at) {
    if (tokens[at] == "(" && depth++ == 0) begin = at + 1;
    const bool closes = tokens[at] == ")" && --depth == 0;
    if (!closes && (tokens[at] != "," || depth != 1)) continue;
    result.terms.push_back(term_of(tokens, begin, at));
    begin = at + 1;
    open = !closes;
  }
  if (result.terms.empty()) return std::nullopt;
  if (at == tokens.size()) return result;
  if (!same_name(tokens[at], "where") || at + 1 == tokens.size()) return std::nullopt;
  result.where = condition_of(tokens, at + 1, tokens.size());
  return result;
}

}  // namespace headwater::sqlite
