#include "src/event/row_json.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "src/base/number_in.h"
#include "src/event/data_json.h"
#include "src/event/json_scan.h"
#include "src/json/json.h"

namespace headwater {
namespace {

constexpr auto nowhere = std::string_view::npos;

/// The position after the value that begins at `at`; nowhere if it does not end.
std::size_t value_end(std::string_view json, std::size_t at) {
  if (at >= json.size()) return nowhere;
  if (json[at] == '"') return end_of_json_string(json, at);
  if (json[at] != '{' && json[at] != '[') {
    while (at < json.size() && json[at] != ',' && json[at] != '}' && json[at] != ']') ++at;
    return at < json.size() ? at : nowhere;
  }
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = end_of_json_string(json, at);
      if (at == nowhere) return nowhere;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    ++at;
  }
  return nowhere;
}

std::optional<Value> real_number(std::string_view json) {
  double number{};
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), number);
  if (error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  return Value(number);
}

std::optional<Value> number(std::string_view json) {
  const bool real =
      std::ranges::any_of(json, [](char c) { return c == '.' || c == 'e' || c == 'E'; });
  if (real) return real_number(json);
  if (const auto whole = whole_number<std::int64_t>(json)) return Value(*whole);
  if (const auto whole = whole_number(json)) return Value(*whole);
  return std::nullopt;
}

/// null, true, false, a number or text.
std::optional<Value> plain_value(std::string_view json) {
  if (json.empty()) return std::nullopt;
  if (json.front() == '"') {
    const std::string_view inner = json.substr(1, json.size() - 2);
    if (inner.find('\\') == nowhere) return Text{std::string(inner)};
    return Text{json_unescaped(inner)};
  }
  if (json == "null") return Value();
  if (json == "true") return Value(true);
  if (json == "false") return Value(false);
  return number(json);
}

std::string_view inner_text(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2)
                                                 : std::string_view();
}

/// {"$binary":{"base64":"…","subType":"00"}}; any other kind of binary data stays as it is written.
std::optional<Value> binary(std::string_view held) {
  const auto parts = json_parts(held);
  if (!parts || parts->size() != 2) return std::nullopt;
  if (inner_text((*parts)[1].value) != "00") return std::nullopt;
  return value_in_json(R"({"$blob":)" + std::string((*parts)[0].value) + "}");
}

/// {"$date":"2022-07-28T20:15:16.148Z"}; a date that only has milliseconds stays as it is written.
std::optional<Value> date(std::string_view held) {
  if (held.empty() || held.front() != '"') return std::nullopt;
  return Time{std::string(inner_text(held))};
}

/// The value of a type that a column can have, too.
std::optional<Value> wrapped(std::string_view json) {
  const auto parts = json_parts(json);
  if (!parts || parts->size() != 1) return std::nullopt;
  const auto& [name, held] = parts->front();
  const std::string_view text = inner_text(held);
  if (name == "$oid") return Text{std::string(text)};
  if (name == "$numberInt" || name == "$numberLong") return number(text);
  if (name == "$numberDecimal") return Decimal{std::string(text)};
  if (name == "$date") return date(held);
  if (name == "$binary") return binary(held);
  if (name == "$text") return value_in_json(json);
  if (name != "$numberDouble") return std::nullopt;
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    return value_in_json(R"({"$real":")" + std::string(text) + "\"}");
  }
  return real_number(text);
}

Value document_value(std::string_view json) {
  if (json.front() == '{') {
    if (auto known = wrapped(json)) return *std::move(known);
  }
  return JsonText{std::string(json)};
}

}  // namespace

bool RowJson::set(Value& value, std::string_view json) const {
  if (json.size() > 1 && json.front() == '"' && json.find('\\') == nowhere) {
    auto* text = std::get_if<Text>(&value);
    if (text == nullptr) text = &value.emplace<Text>();
    text->bytes.assign(json.substr(1, json.size() - 2));
    return true;
  }
  if (json.empty()) return false;
  std::optional<Value> read;
  if (json.front() != '{' && json.front() != '[') {
    read = plain_value(json);
  } else {
    read = notation_ == RowNotation::documents ? document_value(json) : value_in_json(json);
  }
  if (!read) return false;
  value = *std::move(read);
  return true;
}

/// The columns of names as they are written.
Columns RowJson::columns_for(const std::vector<std::string_view>& written) {
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < written.size(); ++i) last[json_unescaped(written[i])] = i;
  auto columns = std::make_shared<std::vector<std::string>>();
  kept_.clear();
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::string name = json_unescaped(written[i]);
    if (last[name] != i) continue;
    columns->push_back(std::move(name));
    kept_.push_back(i);
  }
  if (kept_.size() == written.size()) kept_.clear();
  written_.assign(written.begin(), written.end());
  return columns;
}

std::optional<TableRow> RowJson::read(std::string_view json) {
  TableRow row;
  if (!read(json, row)) return std::nullopt;
  return row;
}

bool RowJson::read(std::string_view json, TableRow& row) {
  if (json.size() < 2 || json.front() != '{' || json.back() != '}') return false;
  names_.clear();
  const std::size_t last = json.size() - 1;
  bool same = true;
  for (std::size_t at = 1; at < last;) {
    const std::size_t end = json[at] == '"' ? end_of_json_string(json, at) : nowhere;
    if (end == nowhere || end >= last || json[end] != ':') return false;
    const std::size_t index = names_.size();
    names_.push_back(json.substr(at + 1, end - at - 2));
    same = same && index < written_.size() && written_[index] == names_[index];
    const std::size_t finish = value_end(json, end + 1);
    if (finish == nowhere || finish > last) return false;
    if (index == row.values.size()) row.values.emplace_back();
    if (!set(row.values[index], json.substr(end + 1, finish - end - 1))) return false;
    if (finish == last) break;
    at = finish + 1;
    if (json[finish] != ',' || at == last) return false;
  }
  row.values.resize(names_.size());
  if (!columns_ || !same || names_.size() != written_.size()) columns_ = columns_for(names_);
  row.columns = columns_;
  if (!kept_.empty()) {
    std::vector<Value> kept;
    for (const std::size_t index : kept_) kept.push_back(std::move(row.values[index]));
    row.values = std::move(kept);
  }
  return true;
}

}  // namespace headwater
