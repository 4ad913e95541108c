#include "src/config/yaml_json.h"

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace headwater::config {
namespace {

using Json = nlohmann::ordered_json;
using TextOf = std::function<std::string(const YAML::Node&)>;

std::optional<std::int64_t> integer(std::string_view text) {
  int base = 10;
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::optional<double> real(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  // Words such as "infinity" are text: YAML writes .inf, and JSON has no word for it.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

Json scalar(const YAML::Node& node, const TextOf& text) {
  const std::string whole = text(node);
  // yaml-cpp's tag of a quoted scalar.
  if (node.Tag() == "!" || whole != node.Scalar()) return whole;
  if (whole == "true" || whole == "True" || whole == "TRUE") return true;
  if (whole == "false" || whole == "False" || whole == "FALSE") return false;
  if (const auto number = integer(whole)) return *number;
  if (const auto number = real(whole)) return *number;
  return whole;
}

Json value(const YAML::Node& node, const TextOf& text) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& entry : node) object[entry.first.Scalar()] = value(entry.second, text);
    return object;
  }
  if (node.IsSequence()) {
    Json array = Json::array();
    for (const auto& item : node) array.push_back(value(item, text));
    return array;
  }
  return node.IsScalar() ? scalar(node, text) : Json();
}

}  // namespace

std::string to_json(const YAML::Node& node, const TextOf& text) {
  return value(node, text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace headwater::config
