#include "src/demo/writer_line.h"

#include <charconv>

namespace headwater::demo {

std::string to_text(const WriterLine& line) {
  return std::to_string(line.changes) + " " + line.text + "\n";
}

std::optional<WriterLine> parse_writer_line(std::string_view text) {
  WriterLine line;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, line.changes);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ' ') return std::nullopt;
  line.text.assign(parsed.ptr + 1, end);
  return line;
}

}  // namespace headwater::demo
