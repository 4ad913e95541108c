// Splits the text of a CREATE INDEX statement into what no PRAGMA reports: expressions and WHERE.
// The result is compared with the index that SQLite made of the same text (table_info.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::sqlite {

struct IndexText {
  std::vector<std::string> terms;  ///< As written, without ASC or DESC.
  std::string where;               ///< Empty if the index covers all rows. Without "main.".
};

/// nullopt if the text is not understood, or could be more than one statement.
[[nodiscard]] std::optional<IndexText> parse_index(std::string_view sql);

/// Rewrites an expression: a token in double quotes that names none of `columns` becomes the text
/// literal that it is to SQLite, because another connection may reject it as one
/// (SQLITE_DBCONFIG_DQS_DML).
[[nodiscard]] std::string with_plain_texts(const std::string& expression,
                                           const std::vector<std::string>& columns);

/// The tokens of an SQL text as SQLite's tokenizer sees them, without blanks and comments.
[[nodiscard]] std::vector<std::string_view> sql_tokens(std::string_view sql);

}  // namespace headwater::sqlite
