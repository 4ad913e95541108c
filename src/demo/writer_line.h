// A writer's line about each transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater::demo {

struct WriterLine {
  std::uint64_t changes = 0;  ///< Rows committed; 0: it was rolled back.
  std::string text{};         ///< For people.
};

/// "3 order 17 placed\n"
[[nodiscard]] std::string to_text(const WriterLine& line);
[[nodiscard]] std::optional<WriterLine> parse_writer_line(std::string_view text);

}  // namespace headwater::demo
