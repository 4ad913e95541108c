#include "src/libpq/text.h"

#include <algorithm>

#include "src/base/quoted.h"

namespace headwater::libpq {

std::vector<const char*> pointers_to(const Parameters& parameters) {
  std::vector<const char*> all;
  all.reserve(parameters.size());
  for (const auto& each : parameters) all.push_back(each ? each->c_str() : nullptr);
  return all;
}

std::string quote_name(std::string_view name) { return quoted(name, '"'); }
std::string quote_text(std::string_view text) { return quoted(text, '\''); }

std::string one_line_of(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace headwater::libpq
