#include "testing/rethinkdb/stand_in/datum.h"

#include <algorithm>
#include <array>
#include <utility>

namespace headwater::rethinkdb::stand_in {
namespace {

std::strong_ordering order(double one, double other) {
  return one < other   ? std::strong_ordering::less
         : other < one ? std::strong_ordering::greater
                       : std::strong_ordering::equal;
}

std::strong_ordering order_of_members(const Datum::Object& one, const Datum::Object& other) {
  auto at = one.begin();
  auto other_at = other.begin();
  for (; at != one.end() && other_at != other.end(); ++at, ++other_at) {
    if (const auto names = at->first <=> other_at->first; std::is_neq(names)) return names;
    if (const auto values = at->second <=> other_at->second; std::is_neq(values)) return values;
  }
  return one.size() <=> other.size();
}

}  // namespace

Datum::Datum(std::string value)
    : kind_(Kind::text), value_(std::make_shared<const std::string>(std::move(value))) {}
Datum::Datum(Array value)
    : kind_(Kind::array), value_(std::make_shared<const Array>(std::move(value))) {}
Datum::Datum(Object value)
    : kind_(Kind::object), value_(std::make_shared<const Object>(std::move(value))) {}
Datum::Datum(Time value)
    : kind_(Kind::time), value_(std::make_shared<const Time>(std::move(value))) {}

Datum Datum::binary(std::string bytes) {
  Datum datum(std::move(bytes));
  datum.kind_ = Kind::binary;
  return datum;
}

Datum Datum::bound(Kind kind) {
  Datum datum;
  datum.kind_ = kind;
  return datum;
}

bool Datum::holds() const {
  return kind_ != Kind::null && (kind_ != Kind::boolean || std::get<bool>(value_));
}

std::string Datum::type_name() const {
  constexpr std::array names{"MINVAL", "ARRAY",         "BOOL",        "NULL",   "NUMBER",
                             "OBJECT", "PTYPE<BINARY>", "PTYPE<TIME>", "STRING", "MAXVAL"};
  return names.at(static_cast<std::size_t>(kind_));
}

double Datum::number() const {
  const auto* const value = std::get_if<double>(&value_);
  return value == nullptr ? 0 : *value;
}

const std::string& Datum::text() const {
  static const std::string none;
  const auto* const value = std::get_if<Shared<std::string>>(&value_);
  return value == nullptr ? none : **value;
}

const Datum::Array& Datum::elements() const {
  static const Array none;
  const auto* const value = std::get_if<Shared<Array>>(&value_);
  return value == nullptr ? none : **value;
}

const Datum::Object& Datum::members() const {
  static const Object none;
  const auto* const value = std::get_if<Shared<Object>>(&value_);
  return value == nullptr ? none : **value;
}

Datum::Time Datum::time() const {
  const auto* const value = std::get_if<Shared<Time>>(&value_);
  return value == nullptr ? Time{} : **value;
}

const Datum* Datum::find(std::string_view name) const {
  const auto found = members().find(name);
  return found == members().end() ? nullptr : &found->second;
}

Datum Datum::with(const std::string& name, Datum value) const {
  Object changed = members();
  changed.insert_or_assign(name, std::move(value));
  return changed;
}

std::strong_ordering operator<=>(const Datum& one, const Datum& other) {
  if (one.kind_ != other.kind_) return one.kind_ <=> other.kind_;
  switch (one.kind_) {
    case Datum::Kind::array:
      return std::lexicographical_compare_three_way(one.elements().begin(), one.elements().end(),
                                                    other.elements().begin(),
                                                    other.elements().end());
    case Datum::Kind::object:
      return order_of_members(one.members(), other.members());
    case Datum::Kind::boolean:
      return static_cast<int>(one.holds()) <=> static_cast<int>(other.holds());
    case Datum::Kind::number:
      return order(one.number(), other.number());
    case Datum::Kind::time:
      return order(one.time().epoch, other.time().epoch);
    case Datum::Kind::text:
    case Datum::Kind::binary:
      return one.text() <=> other.text();
    default:
      return std::strong_ordering::equal;
  }
}

}  // namespace headwater::rethinkdb::stand_in
