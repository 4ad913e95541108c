// Reads the text of a CREATE INDEX statement, for what no PRAGMA tells: expressions and WHERE.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::sqlite {

struct IndexText {
  std::vector<std::string> terms;  ///< As written, without ASC or DESC.
  std::string where;               ///< Empty if the index covers all rows.
};

/// nullopt if the text is not understood.
[[nodiscard]] std::optional<IndexText> parse_index(std::string_view sql);

}  // namespace headwater::sqlite
