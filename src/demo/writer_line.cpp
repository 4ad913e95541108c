#include "src/demo/writer_line.h"

#include "src/base/number_in.h"

namespace headwater::demo {

std::string to_text(const WriterLine& line) {
  return std::to_string(line.changes) + " " + line.text + "\n";
}

std::optional<WriterLine> parse_writer_line(std::string_view text) {
  const auto changes = take_number(text);
  if (!changes || !text.starts_with(' ')) return std::nullopt;
  return WriterLine{.changes = *changes, .text = std::string(text.substr(1))};
}

}  // namespace headwater::demo
