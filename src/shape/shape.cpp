#include "src/shape/shape.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "src/event/data_json.h"
#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"

namespace headwater {
namespace {

/// Separates schema and table in a partition key: no percent-encoded name contains it.
constexpr char schema_end = ':';

/// NULL is an empty text between two slashes.
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

/// Unique for each key of the table.
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

/// A table's name may be empty, too; but then only these operations are about a table.
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

std::string data_of(Change& change, bool key_is_long) {
  if (change.op != Op::gap || !key_is_long) return data_json(change);
  // A gap must be small: its partition key names the row.
  auto key = std::exchange(change.key, std::nullopt);
  std::string data = data_json(change);
  change.key = std::move(key);
  return data;
}

Error too_large(const Change& change, const std::string& subject, std::size_t size,
                std::size_t limit) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.event_too_large",
          .message = "the " + std::string(word_for(change)) + " of " + change.database + "." +
                     table_words(change.schema, change.table) + " " + in_few_bytes(subject) +
                     " makes an event too large for the stream: " + std::to_string(size) +
                     " bytes with its attributes, and " + std::to_string(limit) + " may have",
          .next =
              "raise the limit of the stream (see stream.event_too_large in docs/), or set "
              "on_large_change: gap of the source to publish a gap event instead; max_change sets "
              "a lower limit of your own"};
}

}  // namespace

Shaper::Shaper(std::string source, OnLarge on_large)
    : source_(std::move(source)), on_large_(on_large) {}

EventType Shaper::type_of(const Change& change, bool of_a_table) {
  EventType& last = types_.at(static_cast<std::size_t>(change.op));
  const bool same =
      last.whole_database() != of_a_table && last.operation() == word_for(change) &&
      last.database() == change.database &&
      (!of_a_table || (last.table() == change.table && last.schema() == change.schema));
  if (same) return last;
  std::string operation(word_for(change));
  if (!of_a_table) {
    last = EventType(change.database, std::nullopt, std::move(operation));
  } else if (change.schema.empty()) {
    last = EventType(change.database, change.table, std::move(operation));
  } else {
    last = EventType(change.database, change.schema, change.table, std::move(operation));
  }
  return last;
}

/// Moves the change's id and position into the event.
Event Shaper::take(Change& change) {
  const bool of_a_table = is_of_a_table(change);
  Event event{.id = {},
              .source = source_,
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
  event.data = data_of(change, hashed);
  event.id = std::move(change.id);
  event.position = std::move(change.position);
  return event;
}

Result<void> Shaper::apply(Change&& change, std::vector<Event>& events) {
  Event event = take(change);
  const std::size_t size = published_size(event);
  if (size <= limit_) {
    events.push_back(std::move(event));
    return {};
  }
  change.id = std::move(event.id);
  change.position = std::move(event.position);
  return apply_large(change, size, events);
}

Result<void> Shaper::apply_large(Change& change, std::size_t size, std::vector<Event>& events) {
  const bool has_after = change.after || !change.detail.empty();
  if (change.before && (has_after || change.op == Op::remove)) {
    Change less = change;
    less.before.reset();
    Event event = take(less);
    if (fits(event)) {
      events.push_back(std::move(event));
      return {};
    }
  }
  Change gap =
      gap_in_place_of(change, "stream.event_too_large: " + std::to_string(size) +
                                  " bytes, and the stream accepts " + std::to_string(limit_));
  Event event = take(gap);
  if (on_large_ == OnLarge::stop || !fits(event)) {
    return fail(too_large(change, event.subject, size, limit_));
  }
  events.push_back(std::move(event));
  return {};
}

}  // namespace headwater
