// A JSON value as a tree. Nothing here throws or aborts: a value of an unexpected type reads as
// missing.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace headwater {

/// Null, a boolean, a whole number of 64 bits with or without a sign, a real, text, an array or an
/// object. An object keeps its members in the order in which they were added. Whole numbers are
/// equal whatever type they were built from; a real is never a whole number.
class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  /// parse() rejects deeper nesting, so that no later traversal overflows the stack.
  static constexpr std::size_t max_depth = 1'000;

  /// Null.
  Json() noexcept;
  Json(std::nullptr_t) noexcept : Json() {}
  Json(std::same_as<bool> auto boolean) : Json(Boolean{boolean}) {}
  Json(std::int64_t number);
  Json(std::uint64_t number);
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Json(Number number)
      : Json(static_cast<std::conditional_t<std::is_signed_v<Number>, std::int64_t, std::uint64_t>>(
            number)) {}
  Json(double number);
  Json(std::string text);
  Json(std::string_view text);
  Json(const char* text);
  /// An object: Json{{"kind", kind}, {"count", 3}}. See object() for one without members.
  Json(std::initializer_list<Member> members);

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  static Json object(std::initializer_list<Member> members = {});
  static Json array(const std::vector<std::string>& texts = {});

  /// nullopt: `text` is not one JSON value, holds a number beyond a double, or nests too deeply. A
  /// repeated name in an object is kept.
  [[nodiscard]] static std::optional<Json> parse(std::string_view text);
  /// The same; sets `why` on failure only.
  [[nodiscard]] static std::optional<Json> parse(std::string_view text, std::string& why);

  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_object() const;

  // nullopt: a value of another type, or out of range.
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const;
  [[nodiscard]] std::optional<double> real() const;
  /// Valid until this value changes or is destroyed.
  [[nodiscard]] std::optional<std::string_view> text() const;

  /// Empty unless this is an array.
  [[nodiscard]] const Array& elements() const&;
  const Array& elements() && = delete;  // of what is gone at once
  /// Empty unless this is an object.
  [[nodiscard]] const Object& members() const&;
  const Object& members() && = delete;
  /// Elements of an array or members of an object, else 0.
  [[nodiscard]] std::size_t size() const;

  /// Returns the last member of that name; nullptr if there is none or this is not an object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Like find(), but a null value instead of nullptr.
  const Json& operator[](std::string_view name) const;
  /// A null value if there is no such element or this is not an array.
  const Json& operator[](std::size_t index) const;

  /// Replaces the member of that name, or adds it at the end. A value of another type becomes an
  /// object.
  void set(std::string_view name, Json value);
  /// Adds an element. A value of another type becomes an array.
  void push_back(Json element);

  /// Writes JSON without white space or, with `indent`, one line for each element and member,
  /// indented by `indent` spaces a level. Bytes that are not UTF-8 become U+FFFD.
  [[nodiscard]] std::string dump(std::size_t indent = 0) const;

  /// Ignores the order of members.
  friend bool operator==(const Json& one, const Json& other);
  friend std::ostream& operator<<(std::ostream& to, const Json& json);

 private:
  class Builder;
  class Dumper;
  /// Prevents the implicit conversion of a pointer to bool.
  struct Boolean {
    bool value;
  };

  explicit Json(Boolean boolean);

  /// std::uint64_t only for numbers that std::int64_t cannot hold.
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

struct Json::Member {
  std::string name;
  Json value;

  bool operator==(const Member& other) const = default;
};

}  // namespace headwater
