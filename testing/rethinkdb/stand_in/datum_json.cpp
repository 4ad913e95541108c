#include "testing/rethinkdb/stand_in/datum_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
namespace {

constexpr const char* type_member = "$reql_type$";

void append_number(std::string& to, double number) {
  std::array<char, 32> digits{};
  // Whole numbers are exact up to here, and the server writes them without a point.
  constexpr double exact = 9'007'199'254'740'992;
  const bool whole = std::trunc(number) == number && std::abs(number) < exact;
  char* const begin = digits.data();
  char* const end = begin + digits.size();
  const auto written = whole ? std::to_chars(begin, end, static_cast<std::int64_t>(number))
                             : std::to_chars(begin, end, number);
  to.append(begin, written.ptr);
}

Datum as_object(const Datum& datum) {
  if (datum.is(Datum::Kind::binary)) {
    std::string encoded;
    append_base64(encoded, datum.text());
    // The server breaks its lines.
    constexpr std::size_t line = 76;
    for (std::size_t at = line; at < encoded.size(); at += line + 2) encoded.insert(at, "\r\n");
    return Datum::Object{{type_member, "BINARY"}, {"data", encoded}};
  }
  const Datum::Time time = datum.time();
  return Datum::Object{{type_member, "TIME"}, {"epoch_time", time.epoch}, {"timezone", time.zone}};
}

/// Writes with `indent` tabs, or compactly if it is negative.
class Writer {
 public:
  explicit Writer(std::string& to, int indent) : to_(to), indent_(indent) {}

  void write(const Datum& datum) {
    switch (datum.kind()) {
      case Datum::Kind::array:
        return write_array(datum.elements());
      case Datum::Kind::object:
        return write_object(datum.members());
      case Datum::Kind::binary:
      case Datum::Kind::time:
        return write(as_object(datum));
      case Datum::Kind::text:
        return append_json_name(to_, datum.text());
      case Datum::Kind::number:
        return append_number(to_, datum.number());
      case Datum::Kind::boolean:
        to_ += datum.holds() ? "true" : "false";
        return;
      case Datum::Kind::null:
        to_ += "null";
        return;
      case Datum::Kind::minval:
        fail("Cannot convert `r.minval` to JSON.");
      case Datum::Kind::maxval:
        fail("Cannot convert `r.maxval` to JSON.");
    }
  }

 private:
  void write_array(const Datum::Array& elements) {
    to_ += '[';
    begin();
    for (const Datum& each : elements) {
      separate(&each == &elements.front());
      write(each);
    }
    end(elements.empty());
    to_ += ']';
  }

  void write_object(const Datum::Object& members) {
    to_ += '{';
    begin();
    bool first = true;
    for (const auto& [name, value] : members) {
      separate(std::exchange(first, false));
      append_json_name(to_, name);
      to_ += indent_ < 0 ? ":" : ":\t";
      write(value);
    }
    end(members.empty());
    to_ += '}';
  }

  void begin() {
    if (indent_ >= 0) ++indent_;
  }
  void separate(bool first) {
    if (!first) to_ += ',';
    break_line();
  }
  void end(bool empty) {
    if (indent_ >= 0) --indent_;
    if (!empty) break_line();
  }
  void break_line() {
    if (indent_ < 0) return;
    to_ += '\n';
    to_.append(static_cast<std::size_t>(indent_), '\t');
  }

  std::string& to_;
  int indent_;
};

[[noreturn]] void fail_without(const std::string& kind, const char* field,
                               const Datum::Object& members) {
  fail("Invalid " + kind + " object constructed (no field `" + field + "`):\n" + printed(members));
}

}  // namespace

Datum datum_of(const Json& json) {
  if (json.is_null()) return {};
  if (const auto flag = json.boolean()) return *flag;
  if (const auto number = json.real()) return *number;
  if (const auto number = json.integer()) return static_cast<double>(*number);
  if (const auto number = json.unsigned_integer()) return static_cast<double>(*number);
  if (const auto text = json.text()) return std::string(*text);
  if (json.is_array()) {
    Datum::Array elements;
    for (const Json& each : json.elements()) elements.push_back(datum_of(each));
    return elements;
  }
  Datum::Object members;
  for (const Json::Member& each : json.members()) {
    members.insert_or_assign(each.name, datum_of(each.value));
  }
  return typed(std::move(members));
}

Datum typed(Datum::Object members) {
  const auto found = members.find(type_member);
  if (found == members.end()) return members;
  const std::string type = found->second.text();
  if (type == "BINARY") {
    const auto data = members.find("data");
    if (data == members.end()) fail_without("binary", "data", members);
    std::string letters;
    for (const char each : data->second.text()) {
      if (each != '\r' && each != '\n') letters += each;
    }
    auto bytes = base64_decoded(letters);
    if (!bytes) fail("Invalid base64 length: 1 character remaining, cannot decode a full byte.");
    return Datum::binary(*std::move(bytes));
  }
  if (type != "TIME") fail("Unknown $reql_type$ `PTYPE<" + type + ">`.");
  const auto epoch = members.find("epoch_time");
  const auto zone = members.find("timezone");
  if (epoch == members.end()) fail_without("time", "epoch_time", members);
  if (zone == members.end()) fail_without("time", "timezone", members);
  return Datum::Time{.epoch = epoch->second.number(), .zone = zone->second.text()};
}

std::string to_json(const Datum& datum) {
  std::string text;
  append_to_json(text, datum);
  return text;
}

void append_to_json(std::string& to, const Datum& datum) { Writer(to, -1).write(datum); }

std::string printed(const Datum& datum) {
  std::string text;
  Writer(text, 0).write(datum);
  return text;
}

std::string text_in(const Json& object, std::string_view name) {
  return std::string(object[name].text().value_or(""));
}

std::string text_in(const Datum& object, std::string_view name) {
  const Datum* const found = object.find(name);
  return found == nullptr ? "" : found->text();
}

}  // namespace headwater::rethinkdb::stand_in
