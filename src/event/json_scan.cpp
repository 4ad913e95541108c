#include "src/event/json_scan.h"

#include <algorithm>
#include <cstddef>

#include "src/json/json.h"

namespace headwater {
namespace {

constexpr auto npos = std::string_view::npos;

/// Returns the position after the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_json_string(text, at);
      if (at == npos || depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return npos;
}

bool between(std::string_view json, char open, char close) {
  return json.size() >= 2 && json.front() == open && json.back() == close;
}

void append_sorted(std::string& to, std::string_view json) {
  auto parts = json_parts(json);
  if (!parts) {
    to += json;
    return;
  }
  const bool object = json.front() == '{';
  if (object) std::ranges::stable_sort(*parts, {}, &JsonPart::name);
  to += json.front();
  for (std::size_t at = 0; at < parts->size(); ++at) {
    if (at > 0) to += ',';
    if (object) ((to += '"') += (*parts)[at].name) += "\":";
    append_sorted(to, (*parts)[at].value);
  }
  to += json.back();
}

}  // namespace

std::size_t end_of_json_string(std::string_view json, std::size_t at) {
  const std::size_t begin = at + 1;
  for (std::size_t end = begin; (end = json.find('"', end)) != npos; ++end) {
    // An odd number of backslashes before it escapes it.
    std::size_t plain = end;
    while (plain > begin && json[plain - 1] == '\\') --plain;
    if ((end - plain) % 2 == 0) return end + 1;
  }
  return npos;
}

std::optional<std::vector<JsonPart>> json_parts(std::string_view json) {
  const bool object = between(json, '{', '}');
  if (!object && !between(json, '[', ']')) return std::nullopt;
  constexpr std::size_t usual = 8;
  std::vector<JsonPart> parts;
  parts.reserve(usual);
  const std::size_t last = json.size() - 1;
  for (std::size_t at = 1; at < last;) {
    JsonPart part;
    if (object) {
      if (json[at] != '"') return std::nullopt;
      const std::size_t end = end_of_json_string(json, at);
      if (end == npos || end >= last || json[end] != ':') return std::nullopt;
      part.name = json.substr(at + 1, end - at - 2);
      at = end + 1;
    }
    const std::size_t end = end_of_value(json, at);
    if (end == npos || end > last || end == at) return std::nullopt;
    part.value = json.substr(at, end - at);
    parts.push_back(part);
    at = end;
    if (at == last) break;
    // After a comma another part must follow.
    if (json[at] != ',' || ++at == last) return std::nullopt;
  }
  return parts;
}

std::string json_of(const std::vector<JsonPart>& parts, bool object) {
  std::string json(1, object ? '{' : '[');
  for (const JsonPart& part : parts) {
    if (json.size() > 1) json += ',';
    if (object) ((json += '"') += part.name) += "\":";
    json += part.value;
  }
  json += object ? '}' : ']';
  return json;
}

std::string sorted_json(std::string_view json) {
  std::string sorted;
  sorted.reserve(json.size());
  append_sorted(sorted, json);
  return sorted;
}

std::string json_unescaped(std::string_view written) {
  if (written.find('\\') == npos) return std::string(written);
  const auto json = Json::parse('"' + std::string(written) + '"');
  return json && json->text() ? std::string(*json->text()) : std::string(written);
}

}  // namespace headwater
