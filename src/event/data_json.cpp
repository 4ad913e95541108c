#include "src/event/data_json.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/number_in.h"
#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "src/event/row_json.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"

namespace headwater {
namespace {

constexpr std::array<std::pair<Op, std::string_view>, 12> op_words{
    {{Op::insert, "insert"},
     {Op::update, "update"},
     {Op::replace, "replace"},
     {Op::remove, "delete"},
     {Op::read, "read"},
     {Op::drop, "drop"},
     {Op::truncate, "truncate"},
     {Op::drop_database, "dropDatabase"},
     {Op::rename, "rename"},
     {Op::invalidate, "invalidate"},
     {Op::message, "message"},
     {Op::gap, "gap"}}};

void append_row(std::string& to, const std::optional<Row>& row) {
  if (!row) {
    to += "null";
  } else if (const auto* document = std::get_if<Document>(&*row)) {
    to += document->json;
  } else {
    append_json_row(to, std::get<TableRow>(*row));
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

std::optional<Value> integer_from(std::string_view text) {
  if (const auto number = whole_number<std::int64_t>(text)) return *number;
  return whole_number<std::uint64_t>(text);
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
  if (tag == "$unchanged" && held.boolean() == true) return Unchanged{};
  const auto text = held.text();
  if (!text) return std::nullopt;
  if (tag == "$int") return integer_from(*text);
  if (tag == "$real") return value_of(not_finite_from(*text));
  if (tag == "$decimal") return Decimal{std::string(*text)};
  if (tag == "$time") return Time{std::string(*text)};
  if (tag == "$json") return JsonText{std::string(*text)};
  if (tag != "$text" && tag != "$blob") return std::nullopt;
  auto bytes = base64_decoded(*text);
  if (!bytes) return std::nullopt;
  if (tag == "$text") return Text{std::move(*bytes)};
  return Blob{std::move(*bytes)};
}

std::optional<Value> value_from(const Json& json) {
  if (json.is_null()) return std::monostate{};
  if (const auto truth = json.boolean()) return *truth;
  if (const auto number = json.integer()) return *number;
  if (const auto number = json.real()) return *number;
  if (const auto text = json.text()) return Text{std::string(*text)};
  return tagged_value(json);
}

std::optional<TableRow> row_from(MemberReader& data, std::string_view name) {
  const Json& json = data[name];
  if (json.is_null()) return std::nullopt;
  if (!json.is_object()) data.reject(name, "neither an object nor null");
  auto names = std::make_shared<std::vector<std::string>>();
  TableRow row;
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
  result.key = row_from(data, "key");
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

/// Length of a value as JSON, close enough that the text is rarely reallocated.
std::size_t bytes_expected(const Value& value) {
  constexpr std::size_t around = 14;  // {"$blob":""}, or a number
  const std::size_t bytes = bytes_in(value);
  return around + bytes + (std::holds_alternative<Blob>(value) ? bytes / 3 : 0);
}

std::size_t bytes_expected(const std::optional<Row>& row) {
  constexpr std::size_t around_name = 4;  // "":,
  if (!row) return sizeof("null");
  if (const auto* document = std::get_if<Document>(&*row)) return document->json.size();
  const TableRow& known = std::get<TableRow>(*row);
  std::size_t bytes = 2;
  for (const Value& value : known.values) bytes += bytes_expected(value) + around_name;
  for (const std::string& name : *known.columns) bytes += name.size();
  return bytes;
}

std::size_t bytes_expected(const Change& change) {
  constexpr std::size_t frame = 64;  // {"op":"insert","key":,"before":,"after":}
  constexpr std::size_t transaction = 64;
  return frame + bytes_expected(change.key) + bytes_expected(change.before) +
         bytes_expected(change.after) + change.detail.size() +
         (change.transaction ? transaction + change.transaction->id.size() : 0);
}

}  // namespace

std::optional<Value> value_in_json(std::string_view text) {
  const auto json = Json::parse(text);
  return json ? value_from(*json) : std::nullopt;
}

std::string_view word_for(const Change& change) {
  for (const auto& [op, word] : op_words) {
    if (op == change.op) return word;
  }
  return change.other_op;
}

std::string data_json(const Change& change) {
  std::string json;
  json.reserve(bytes_expected(change));
  json += "{\"op\":\"";
  json += word_for(change);
  json += "\",\"key\":";
  append_row(json, change.key);
  json += ",\"before\":";
  append_row(json, change.before);
  json += ",\"after\":";
  append_row(json, change.after);
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
                    .message = "the data of an event cannot be read: " + wrong,
                    .next = "compare it with docs/formats/event.md"});
}

}  // namespace headwater
