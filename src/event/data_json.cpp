#include "src/event/data_json.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "src/event/json_text.h"

namespace headwater {
namespace {

using Json = nlohmann::ordered_json;

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

std::string from_base64(const std::string& text) {
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<std::uint32_t>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0' + 52);
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      throw std::invalid_argument("bad base64");
    group = (group << 6U) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((group >> bits) & 0xFFU);
    }
  }
  return bytes;
}

Value tagged_value(const Json& json) {
  if (json.size() != 1) throw std::invalid_argument("a tagged value has one member");
  const std::string tag = json.begin().key();
  const std::string text = json.begin().value().get<std::string>();
  if (tag == "$int") return std::int64_t{std::stoll(text)};
  if (tag == "$text") return Text{from_base64(text)};
  if (tag == "$blob") return Blob{from_base64(text)};
  if (tag == "$real" && text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (tag == "$real" && text == "Infinity") return std::numeric_limits<double>::infinity();
  if (tag == "$real" && text == "-Infinity") return -std::numeric_limits<double>::infinity();
  throw std::invalid_argument("unknown tag " + tag);
}

Value value_from(const Json& json) {
  if (json.is_null()) return std::monostate{};
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return Text{json.get<std::string>()};
  if (json.is_object()) return tagged_value(json);
  throw std::invalid_argument("no value of a column");
}

Row row_from(const Json& json) {
  auto names = std::make_shared<std::vector<std::string>>();
  Row row;
  for (const auto& [name, value] : json.items()) {
    names->push_back(name);
    row.values.push_back(value_from(value));
  }
  row.columns = std::move(names);
  return row;
}

std::optional<Row> optional_row_from(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return row_from(*found);
}

Op op_from(const std::string& word) {
  for (const auto& [op, text] : op_words) {
    if (text == word) return op;
  }
  throw std::invalid_argument("unknown op " + word);
}

EventData data_from(const Json& json) {
  EventData data;
  data.op = op_from(json.at("op").get<std::string>());
  if (auto key = optional_row_from(json, "key")) data.key = std::move(*key);
  data.before = optional_row_from(json, "before");
  data.after = optional_row_from(json, "after");
  if (const auto found = json.find("transaction"); found != json.end()) {
    data.transaction = Transaction{.id = found->at("id").get<std::string>(),
                                   .ordinal = found->at("ordinal").get<std::uint64_t>(),
                                   .last = found->at("last").get<bool>()};
  }
  if (const auto found = json.find("gap"); found != json.end()) {
    data.gap = Gap{.reason = found->at("reason").get<std::string>(),
                   .from = found->at("from").get<std::string>(),
                   .to = found->at("to").get<std::string>(),
                   .restated = found->at("restated").get<bool>()};
  }
  return data;
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

Result<EventData> parse_data(std::string_view json) {
  // The library throws; it ends here.
  try {
    return data_from(Json::parse(json));
  } catch (const std::exception& error) {
    return fail(Error{.remedy = Remedy::stop,
                      .origin = Origin::stream,
                      .name = "event.unreadable",
                      .message = std::string("An event's data cannot be read: ") + error.what(),
                      .next = "compare it with docs/formats/event.md"});
  }
}

}  // namespace headwater
