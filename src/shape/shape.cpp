#include "src/shape/shape.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "src/event/data_json.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"

namespace headwater {
namespace {

/// Between a schema and its table in a partition key: no percent-encoded name has it.
constexpr char schema_end = ':';

/// NULL is nothing between two slashes.
struct AppendKeyValue {
  std::string& to;

  void operator()(std::monostate) const {}
  void operator()(std::int64_t value) const { append_json_integer(to, value); }
  void operator()(std::uint64_t value) const { to += std::to_string(value); }
  void operator()(bool value) const { to += value ? "true" : "false"; }
  void operator()(double value) const { append_json_real(to, value); }
  void operator()(const Text& text) const { append(text_sign, text.bytes); }
  void operator()(const Blob& blob) const { append(blob_sign, blob.bytes); }
  void operator()(const Decimal& decimal) const { append(decimal_sign, decimal.text); }
  void operator()(const Time& time) const { append(time_sign, time.text); }
  void operator()(const JsonText& json) const { append(json_sign, json.text); }
  void operator()(Unchanged) const {}

  void append(char sign, std::string_view bytes) const {
    to += sign;
    append_percent_encoded(to, bytes);
  }
};

/// No other key of the table has the same.
std::string exact_key(const Row& key) {
  if (const auto* document = std::get_if<Document>(&key)) return document->exact_key;
  std::string exact;
  bool first = true;
  for (const Value& value : std::get<TableRow>(key).values) {
    if (!first) exact += '/';
    first = false;
    std::visit(AppendKeyValue{exact}, value);
  }
  return exact;
}

std::string without_signs(std::string key) {
  constexpr std::string_view signs{"':=@&"};
  std::erase_if(key, [&](char c) { return signs.find(c) != std::string_view::npos; });
  return key;
}

/// A table's name may be empty, too; but then only these speak of a table.
bool is_of_a_table(const Change& change) {
  if (!change.table.empty() || change.key) return true;
  switch (change.op) {
    case Op::gap:
    case Op::drop_database:
    case Op::invalidate:
    case Op::message:
    case Op::other:
      return false;
    default:
      return true;
  }
}

EventType type_of(const Change& change, bool of_a_table) {
  if (of_a_table && !change.schema.empty()) {
    return {change.database, change.schema, change.table, std::string(word_for(change))};
  }
  std::optional<std::string> table;
  if (of_a_table) table = change.table;
  return {change.database, std::move(table), std::string(word_for(change))};
}

/// Of a gap, which has to be small: its partition key names the row.
Change without_key(const Change& gap) {
  Change made = gap;
  made.key.reset();
  return made;
}

/// Without what only says how the row was.
Change without_before(const Change& change) {
  Change less = change;
  less.before.reset();
  return less;
}

Change gap_in_place_of(const Change& change, const std::string& why) {
  Change gap;
  gap.op = Op::gap;
  gap.id = change.id;
  gap.database = change.database;
  gap.schema = change.schema;
  gap.table = change.table;
  gap.time = change.time;
  gap.key = change.key;
  gap.transaction = change.transaction;
  gap.position = change.position;
  gap.gap = Gap{.reason = why, .from = change.id, .to = change.id};
  return gap;
}

Result<Event> shape_with_position(const Change& change, const std::string& source) {
  auto event = shape(change, source);
  if (event) event->position = change.position;
  return event;
}

Error too_large(const Change& change, const Event& event, std::size_t room) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.event_too_large",
          .message =
              "the " + std::string(word_for(change)) + " of " + event.type.database() + "." +
              event.type.full_table() + " " + in_few_bytes(event.subject) +
              " makes an event too large for the stream: " + std::to_string(published_size(event)) +
              " bytes with its attributes, and " + std::to_string(room) + " may have",
          .next =
              "let the stream take larger events (docs/, stream.event_too_large), or set "
              "on_large_change: gap of the source, to leave a gap event in its place; max_change "
              "sets a limit of your own"};
}

}  // namespace

Result<Event> shape(const Change& change, const std::string& source) {
  const bool of_a_table = is_of_a_table(change);
  Event event{.id = change.id,
              .source = source,
              .type = type_of(change, of_a_table),
              .subject = {},
              .partition_key = {},
              .time = change.time,
              .data = {}};
  if (of_a_table && !change.schema.empty()) {
    append_percent_encoded(event.partition_key, change.schema);
    event.partition_key += schema_end;
  }
  append_percent_encoded(event.partition_key, of_a_table ? change.table : change.database);
  bool hashed = false;
  if (change.key) {
    std::string key = short_key(exact_key(*change.key));
    hashed = is_hashed(key);
    event.partition_key += '/';
    event.partition_key += key;
    event.subject = without_signs(std::move(key));
  }
  const bool bare = hashed && change.op == Op::gap;
  event.data = bare ? data_json(without_key(change)) : data_json(change);
  return event;
}

Result<Event> shape_within(const Room& room, const Change& change, const std::string& source) {
  const auto fits = [&](const Result<Event>& event) {
    return !event || published_size(*event) <= room.bytes;
  };
  auto event = shape_with_position(change, source);
  if (fits(event)) return event;
  const bool has_after = change.after || !change.detail.empty();
  if (change.before && (has_after || change.op == Op::remove)) {
    auto less = shape_with_position(without_before(change), source);
    if (fits(less)) return less;
  }
  if (!room.gap_for_large) return fail(too_large(change, *event, room.bytes));
  const std::string why = "stream.event_too_large: " + std::to_string(published_size(*event)) +
                          " bytes, and the stream takes " + std::to_string(room.bytes);
  auto gap = shape_with_position(gap_in_place_of(change, why), source);
  if (!fits(gap)) return fail(too_large(change, *event, room.bytes));
  return gap;
}

}  // namespace headwater
