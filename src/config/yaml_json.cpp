#include "src/config/yaml_json.h"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "src/json/json.h"

namespace headwater::config {
namespace {

using yaml::Entry;
using yaml::Node;
using TextOf = std::function<std::string(const Node&)>;

/// At most one sign is allowed.
std::string_view without_plus(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return text;
}

template <class Number, class... Base>
std::errc parse(std::string_view text, Number& number, Base... base) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base...);
  return parsed.ptr == end ? parsed.ec : std::errc::invalid_argument;
}

std::errc integer(std::string_view text, std::int64_t& number) {
  // Only these two have no sign.
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const std::string_view digits = text.substr(2);
    if (digits.starts_with('-')) return std::errc::invalid_argument;
    return parse(digits, number, text[1] == 'x' ? 16 : 8);
  }
  return parse(without_plus(text), number, 10);
}

std::errc real(std::string_view text, double& number) {
  // Words such as "infinity" are text: YAML writes .inf.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
    return std::errc::invalid_argument;
  }
  return parse(without_plus(text), number);
}

bool is_plain(const Node& node) { return node.is_scalar() && !node.quoted; }

bool is_not_finite(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

Json scalar(const Node& node, const TextOf& text) {
  const std::string whole = text(node);
  if (!is_plain(node) || whole != node.text) return whole;
  if (whole == "true" || whole == "True" || whole == "TRUE") return true;
  if (whole == "false" || whole == "False" || whole == "FALSE") return false;
  std::int64_t count = 0;
  if (integer(whole, count) == std::errc()) return count;
  double number = 0;
  if (real(whole, number) == std::errc()) return number;
  return whole;
}

Json value(const Node& node, const TextOf& text) {
  if (node.is_mapping()) {
    Json object = Json::object();
    for (const Entry& entry : node.entries) object.set(entry.key, value(entry.value, text));
    return object;
  }
  if (node.is_list()) {
    Json array = Json::array();
    for (const Node& item : node.items) array.push_back(value(item, text));
    return array;
  }
  return node.is_scalar() ? scalar(node, text) : Json();
}

}  // namespace

bool is_number_beyond_json(const yaml::Node& node) {
  if (!is_plain(node)) return false;
  const std::string& text = node.text;
  std::int64_t count = 0;
  double number = 0;
  return is_not_finite(text) || integer(text, count) == std::errc::result_out_of_range ||
         real(text, number) == std::errc::result_out_of_range;
}

std::string to_json(const yaml::Node& node, const TextOf& text) { return value(node, text).dump(); }

}  // namespace headwater::config
