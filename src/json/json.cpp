#include "src/json/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace headwater {

/// Builds the tree from the parser's events.
class Json::Builder {
 public:
  Builder(Json& root, std::string& why) : root_(root), why_(why) {}

  // nlohmann::json::sax_parse() requires these names and types.
  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& /*digits*/) { return add(value); }
  // A copy, because the parser continues to use its buffer.
  bool string(const std::string& value) { return add(std::string_view(value)); }
  bool binary(const std::vector<std::uint8_t>& /*value*/) { return false; }
  bool key(const std::string& name) {
    std::get<Object>(open_.back()->value_).push_back({name, Json()});
    return true;
  }
  bool start_object(std::size_t /*size*/) { return open<Object>(); }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*size*/) { return open<Array>(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::json::exception& error) {
    why_ = error.what();
    // Without the library's own name of the error.
    if (const auto end = why_.find("] "); end != std::string::npos) why_.erase(0, end + 2);
    return false;
  }

 private:
  Json& place() {
    if (open_.empty()) return root_;
    if (auto* const array = std::get_if<Array>(&open_.back()->value_)) return array->emplace_back();
    return std::get<Object>(open_.back()->value_).back().value;
  }
  template <class Value>
  bool add(Value&& value) {
    place() = Json(std::forward<Value>(value));
    return true;
  }
  template <class Container>
  bool open() {
    if (open_.size() == max_depth) {
      why_ = "nested deeper than " + std::to_string(max_depth) + " levels";
      return false;
    }
    Json& opened = place();
    opened.value_.emplace<Container>();
    open_.push_back(&opened);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& root_;
  std::string& why_;
  /// The open arrays and objects, each inside the one before it. Only the last one grows, so none
  /// of them moves.
  std::vector<Json*> open_;
};

/// Writes JSON as nlohmann::ordered_json does, because stored and documented JSON has that form.
class Json::Dumper {
 public:
  Dumper(std::string& to, std::size_t indent) : to_(to), indent_(indent) {}

  void write(const Json& json) {
    if (const auto* const array = std::get_if<Array>(&json.value_)) {
      sequence('[', *array, ']');
    } else if (const auto* const object = std::get_if<Object>(&json.value_)) {
      sequence('{', *object, '}');
    } else if (const auto text = json.text()) {
      write(*text);
    } else if (const auto* const real = std::get_if<double>(&json.value_)) {
      to_ += nlohmann::json(*real).dump();
    } else if (const auto flag = json.boolean()) {
      to_ += *flag ? "true" : "false";
    } else if (const auto number = json.integer()) {
      to_ += std::to_string(*number);
    } else if (const auto large = json.unsigned_integer()) {
      to_ += std::to_string(*large);
    } else {
      to_ += "null";
    }
  }

 private:
  void write(std::string_view text) {
    const auto as_it_is = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::ranges::all_of(text, as_it_is)) {
      ((to_ += '"') += text) += '"';
    } else {
      to_ += nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                       nlohmann::json::error_handler_t::replace);
    }
  }
  void write(const Member& member) {
    write(std::string_view(member.name));
    to_ += indent_ > 0 ? ": " : ":";
    write(member.value);
  }
  template <class Parts>
  void sequence(char before, const Parts& parts, char after) {
    to_ += before;
    ++level_;
    for (const auto& part : parts) {
      if (&part != &parts.front()) to_ += ',';
      begin_line();
      write(part);
    }
    --level_;
    if (!parts.empty()) begin_line();
    to_ += after;
  }
  void begin_line() {
    if (indent_ > 0) to_.append(1, '\n').append(level_ * indent_, ' ');
  }

  std::string& to_;
  std::size_t indent_;
  std::size_t level_ = 0;
};

Json::Json() noexcept = default;
Json::Json(std::int64_t number) : value_(number) {}
Json::Json(std::uint64_t number) : value_(number) {
  if (std::in_range<std::int64_t>(number)) value_ = static_cast<std::int64_t>(number);
}
Json::Json(double number) : value_(number) {}
Json::Json(std::string text) : value_(std::move(text)) {}
Json::Json(std::string_view text) : value_(std::in_place_type<std::string>, text) {}
Json::Json(const char* text) : Json(std::string_view(text)) {}
Json::Json(std::initializer_list<Member> members) : value_(Object(members)) {}
Json::Json(Boolean boolean) : value_(boolean.value) {}

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::object(std::initializer_list<Member> members) {
  Json json;
  json.value_ = Object(members);
  return json;
}

Json Json::array(const std::vector<std::string>& texts) {
  Json json;
  json.value_ = Array(texts.begin(), texts.end());
  return json;
}

std::optional<Json> Json::parse(std::string_view text) {
  std::string why;
  return parse(text, why);
}

std::optional<Json> Json::parse(std::string_view text, std::string& why) {
  Json root;
  Builder builder(root, why);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return root;
}

bool Json::is_null() const { return std::holds_alternative<std::monostate>(value_); }
bool Json::is_array() const { return std::holds_alternative<Array>(value_); }
bool Json::is_object() const { return std::holds_alternative<Object>(value_); }

std::optional<bool> Json::boolean() const {
  const auto* const value = std::get_if<bool>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Json::integer() const {
  const auto* const value = std::get_if<std::int64_t>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::uint64_t> Json::unsigned_integer() const {
  if (const auto* const large = std::get_if<std::uint64_t>(&value_)) return *large;
  const auto* const value = std::get_if<std::int64_t>(&value_);
  if (value == nullptr || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<double> Json::real() const {
  const auto* const value = std::get_if<double>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::string_view> Json::text() const {
  const auto* const value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::optional<std::string_view>(*value) : std::nullopt;
}

const Json::Array& Json::elements() const& {
  static const Array none;
  const auto* const array = std::get_if<Array>(&value_);
  return array != nullptr ? *array : none;
}

const Json::Object& Json::members() const& {
  static const Object none;
  const auto* const object = std::get_if<Object>(&value_);
  return object != nullptr ? *object : none;
}

std::size_t Json::size() const { return elements().size() + members().size(); }

const Json* Json::find(std::string_view name) const {
  const auto& all = members();
  const auto found = std::ranges::find(all.rbegin(), all.rend(), name, &Member::name);
  return found == all.rend() ? nullptr : &found->value;
}

const Json& Json::operator[](std::string_view name) const {
  static const Json missing;
  const Json* const found = find(name);
  return found != nullptr ? *found : missing;
}

const Json& Json::operator[](std::size_t index) const {
  static const Json missing;
  return index < elements().size() ? elements()[index] : missing;
}

void Json::set(std::string_view name, Json value) {
  if (!is_object()) value_ = Object();
  auto& all = std::get<Object>(value_);
  const auto found = std::ranges::find(all.rbegin(), all.rend(), name, &Member::name);
  if (found != all.rend()) {
    found->value = std::move(value);
  } else {
    all.push_back({std::string(name), std::move(value)});
  }
}

void Json::push_back(Json element) {
  if (!is_array()) value_ = Array();
  std::get<Array>(value_).push_back(std::move(element));
}

std::string Json::dump(std::size_t indent) const {
  std::string text;
  Dumper(text, indent).write(*this);
  return text;
}

bool operator==(const Json& one, const Json& other) {
  if (!one.is_object() || !other.is_object()) return one.value_ == other.value_;
  const auto by_name = [](const Json::Object& members) {
    std::vector<const Json::Member*> sorted;
    for (const Json::Member& member : members) sorted.push_back(&member);
    std::ranges::stable_sort(sorted, {}, &Json::Member::name);
    return sorted;
  };
  const auto same = [](const Json::Member* left, const Json::Member* right) {
    return *left == *right;
  };
  return std::ranges::equal(by_name(one.members()), by_name(other.members()), same);
}

std::ostream& operator<<(std::ostream& to, const Json& json) { return to << json.dump(2); }

}  // namespace headwater
