// A value of ReQL.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headwater::rethinkdb::stand_in {

/// Never changes, and is cheap to copy.
class Datum {
 public:
  /// In the server's order, which is that of the names of the types.
  enum class Kind {
    minval,
    array,
    boolean,
    null,
    number,
    object,
    binary,
    time,
    text,
    maxval,
  };
  using Array = std::vector<Datum>;
  using Object = std::map<std::string, Datum, std::less<>>;
  struct Time {
    double epoch = 0;  // in seconds, to the millisecond
    std::string zone = "+00:00";
  };

  Datum() = default;  // null
  // NOLINTBEGIN(google-explicit-constructor)
  Datum(std::same_as<bool> auto value) : kind_(Kind::boolean), value_(value) {}
  Datum(double value) : kind_(Kind::number), value_(value + 0.0) {}
  Datum(std::integral auto value) requires(!std::same_as<decltype(value), bool>)
      : Datum(static_cast<double>(value)) {}
  Datum(std::string value);
  Datum(const char* value) : Datum(std::string(value)) {}
  Datum(Array value);
  Datum(Object value);
  Datum(Time value);
  // NOLINTEND(google-explicit-constructor)
  static Datum binary(std::string bytes);
  static Datum bound(Kind kind);  ///< minval or maxval.

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  /// As in a condition: everything but null and false.
  [[nodiscard]] bool holds() const;
  /// "NUMBER", "PTYPE<TIME>".
  [[nodiscard]] std::string type_name() const;

  // Only of that kind; `number` and `boolean` of another are 0 and false, the others empty.
  [[nodiscard]] double number() const;
  [[nodiscard]] const std::string& text() const;  ///< Of a text or a binary.
  [[nodiscard]] const Array& elements() const;
  [[nodiscard]] const Object& members() const;
  [[nodiscard]] Time time() const;

  /// Null without such a member.
  [[nodiscard]] const Datum* find(std::string_view name) const;
  /// This object with the member set.
  [[nodiscard]] Datum with(const std::string& name, Datum value) const;

  friend std::strong_ordering operator<=>(const Datum& one, const Datum& other);
  friend bool operator==(const Datum& one, const Datum& other) { return std::is_eq(one <=> other); }

 private:
  template <class T>
  using Shared = std::shared_ptr<const T>;

  Kind kind_ = Kind::null;
  std::variant<std::monostate, bool, double, Shared<std::string>, Shared<Array>, Shared<Object>,
               Shared<Time>>
      value_;
};

}  // namespace headwater::rethinkdb::stand_in
