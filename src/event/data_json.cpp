#include "src/event/data_json.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"

namespace headwater {
namespace {

constexpr std::array<std::pair<Op, std::string_view>, 10> op_words{
    {{Op::insert, "insert"},
     {Op::update, "update"},
     {Op::replace, "replace"},
     {Op::remove, "delete"},
     {Op::read, "read"},
     {Op::drop, "drop"},
     {Op::drop_database, "dropDatabase"},
     {Op::rename, "rename"},
     {Op::invalidate, "invalidate"},
     {Op::gap, "gap"}}};

void append_row(std::string& to, const Row& row) {
  if (row.absent()) {
    to += "null";
  } else if (!row.document.empty()) {
    to += row.document;
  } else {
    append_json_row(to, row);
  }
}

void append_row_or_null(std::string& to, const std::optional<Row>& row) {
  if (row) {
    append_row(to, *row);
  } else {
    to += "null";
  }
}

void append_transaction(std::string& to, const Transaction& transaction) {
  to += ",\"transaction\":{\"id\":";
  append_json_name(to, transaction.id);
  to += ",\"ordinal\":";
  append_json_integer(to, static_cast<std::int64_t>(transaction.ordinal));
  to += ",\"last\":";
  to += transaction.last ? "true}" : "false}";
}

void append_gap(std::string& to, const Gap& gap) {
  to += ",\"gap\":{\"reason\":";
  append_json_name(to, gap.reason);
  to += ",\"from\":";
  append_json_name(to, gap.from);
  to += ",\"to\":";
  append_json_name(to, gap.to);
  to += ",\"restated\":";
  to += gap.restated ? "true}" : "false}";
}

std::optional<std::uint32_t> base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = base64_digit(c);
    if (!digit) return std::nullopt;
    group = (group << 6U) | *digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((group >> bits) & 0xFFU);
    }
  }
  return bytes;
}

std::optional<std::int64_t> integer_from(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::optional<double> not_finite_from(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

template <class Held>
std::optional<Value> value_of(std::optional<Held> held) {
  if (!held) return std::nullopt;
  return Value(std::move(*held));
}

std::optional<Value> tagged_value(const Json& json) {
  if (json.members().size() != 1) return std::nullopt;
  const auto& [tag, held] = json.members().front();
  const auto text = held.text();
  if (!text) return std::nullopt;
  if (tag == "$int") return value_of(integer_from(*text));
  if (tag == "$real") return value_of(not_finite_from(*text));
  if (tag != "$text" && tag != "$blob") return std::nullopt;
  auto bytes = from_base64(*text);
  if (!bytes) return std::nullopt;
  if (tag == "$text") return Text{std::move(*bytes)};
  return Blob{std::move(*bytes)};
}

std::optional<Value> value_from(const Json& json) {
  if (json.is_null()) return std::monostate{};
  if (const auto number = json.integer()) return *number;
  if (const auto number = json.real()) return *number;
  if (const auto text = json.text()) return Text{std::string(*text)};
  return tagged_value(json);
}

std::optional<Row> row_from(MemberReader& data, std::string_view name) {
  const Json& json = data[name];
  if (json.is_null()) return std::nullopt;
  if (!json.is_object()) data.reject(name, "neither an object nor null");
  auto names = std::make_shared<std::vector<std::string>>();
  Row row;
  names->reserve(json.size());
  row.values.reserve(json.size());
  for (const auto& [column, held] : json.members()) {
    auto value = value_from(held);
    if (!value) {
      data.object(name).reject(column, "not a value of a column");
      return std::nullopt;
    }
    names->push_back(column);
    row.values.push_back(std::move(*value));
  }
  row.columns = std::move(names);
  return row;
}

Op op_from(MemberReader& data) {
  const std::string word = data.text("op");
  for (const auto& [op, text] : op_words) {
    if (text == word) return op;
  }
  data.reject("op", "not an operation");
  return Op::other;
}

EventData data_from(MemberReader data) {
  EventData result;
  result.op = op_from(data);
  if (auto key = row_from(data, "key")) result.key = std::move(*key);
  result.before = row_from(data, "before");
  result.after = row_from(data, "after");
  if (data.has("transaction")) {
    auto transaction = data.object("transaction");
    result.transaction = Transaction{.id = transaction.text("id"),
                                     .ordinal = transaction.unsigned_integer("ordinal"),
                                     .last = transaction.boolean("last")};
  }
  if (data.has("gap")) {
    auto gap = data.object("gap");
    result.gap = Gap{.reason = gap.text("reason"),
                     .from = gap.text("from"),
                     .to = gap.text("to"),
                     .restated = gap.boolean("restated")};
  }
  return result;
}

}  // namespace

std::string_view word_for(const Change& change) {
  for (const auto& [op, word] : op_words) {
    if (op == change.op) return word;
  }
  return change.other_op;
}

std::string data_json(const Change& change) {
  std::string json;
  json.reserve(64 +
               2 * (footprint(change.key) + (change.before ? footprint(*change.before) : 0) +
                    (change.after ? footprint(*change.after) : 0)) +
               change.detail.size());
  json += "{\"op\":\"";
  json += word_for(change);
  json += "\",\"key\":";
  append_row(json, change.key);
  json += ",\"before\":";
  append_row_or_null(json, change.before);
  json += ",\"after\":";
  append_row_or_null(json, change.after);
  if (change.op == Op::rename) {
    json += ",\"to\":";
    append_json_name(json, change.renamed_to);
  }
  if (!change.detail.empty()) {
    json += ",\"detail\":";
    json += change.detail;
  }
  if (change.transaction) append_transaction(json, *change.transaction);
  if (change.gap) append_gap(json, *change.gap);
  json += '}';
  json.shrink_to_fit();
  return json;
}

Result<EventData> parse_data(std::string_view text) {
  std::string wrong;
  EventData data;
  if (const auto json = Json::parse(text, wrong)) data = data_from({*json, wrong});
  if (wrong.empty()) return data;
  return fail(Error{.remedy = Remedy::stop,
                    .origin = Origin::stream,
                    .name = "event.unreadable",
                    .message = "An event's data cannot be read: " + wrong,
                    .next = "compare it with docs/formats/event.md"});
}

}  // namespace headwater
