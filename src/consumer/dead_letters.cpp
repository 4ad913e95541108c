#include "src/consumer/dead_letters.h"

#include <array>
#include <string_view>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/encoding.h"
#include "src/event/event_type.h"
#include "src/event/json_scan.h"
#include "src/json/json.h"

namespace headwater::consumer {
namespace {

using Kind = LetterRecord::Kind;

constexpr std::array<std::string_view, 5> words{"dead", "replay", "drop", "done", "begin"};
constexpr const char* source_name = "headwater:dead-letters";
constexpr const char* database = "headwater";
constexpr const char* table = "dead_letters";

std::string word_for(Kind kind) { return std::string(words.at(static_cast<std::size_t>(kind))); }

std::optional<Kind> kind_for(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words.at(i) == word) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

/// The event's own JSON is put in as it is, so that nothing of it changes.
std::string data_of(const LetterRecord& record) {
  Json data = Json::object({{"op", word_for(record.kind)}, {"consumer", record.consumer}});
  if (record.kind == Kind::begin) return data.dump();
  if (record.kind != Kind::dead) {
    data.set("letter", record.letter);
    return data.dump();
  }
  data.set("attempts", record.attempts);
  data.set("cause", Json::object({{"name", record.cause_name}, {"message", record.cause}}));
  std::string json = data.dump();
  json.pop_back();
  return json + ",\"event\":" + to_json(*record.event) + "}";
}

bool is_letter_event(const Event& event) {
  return event.type.database() == database && event.type.table() == table;
}

/// As it was written: a tree would write its numbers in another form.
std::optional<StoredEvent> event_in(std::string_view data) {
  const auto parts = json_parts(data);
  if (!parts) return std::nullopt;
  for (const JsonPart& part : *parts) {
    if (part.name != "event") continue;
    auto event = event_from_json(part.value);
    if (!event) return std::nullopt;
    return *std::move(event);
  }
  return std::nullopt;
}

std::string text_of(const Json& json) { return std::string(json.text().value_or("")); }

}  // namespace

std::optional<LetterRecord> letter_record_in(const Event& event) {
  if (!is_letter_event(event)) return std::nullopt;
  const auto kind = kind_for(event.type.operation());
  const auto data = Json::parse(event.data);
  if (!kind || !data) return std::nullopt;
  LetterRecord record{.kind = *kind,
                      .consumer = text_of((*data)["consumer"]),
                      .letter = (*data)["letter"].unsigned_integer().value_or(0)};
  if (*kind != Kind::dead) return record;
  record.event = event_in(event.data);
  if (!record.event) return std::nullopt;
  record.cause_name = text_of((*data)["cause"]["name"]);
  record.cause = text_of((*data)["cause"]["message"]);
  record.attempts = (*data)["attempts"].unsigned_integer().value_or(0);
  return record;
}

void Letters::take(const StoredEvent& stored) {
  auto record = letter_record_in(stored.event);
  if (!record || record->consumer != consumer_) return;
  if (record->kind == Kind::begin) {
    died_.clear();
    return;
  }
  if (record->kind == Kind::replay) {
    if (const auto at = open_.find(record->letter); at != open_.end()) at->second.replaying = true;
    return;
  }
  if (record->kind != Kind::dead) {
    open_.erase(record->letter);
    return;
  }
  const Event& event = record->event->event;
  if (keeps_died_) {
    died_.push_back({.sequence = record->event->sequence, .source = event.source, .id = event.id});
  }
  open_[stored.sequence] = {.number = stored.sequence,
                            .source = event.source,
                            .id = event.id,
                            .sequence = record->event->sequence,
                            .type = event.type.text(),
                            .cause_name = std::move(record->cause_name),
                            .cause = std::move(record->cause),
                            .attempts = record->attempts,
                            .time = stored.event.time};
}

std::set<std::pair<std::string, std::string>> Letters::dead_beyond(std::uint64_t place) const {
  std::set<std::pair<std::string, std::string>> found;
  for (const Died& died : died_) {
    if (died.sequence > place) found.emplace(died.source, died.id);
  }
  return found;
}

Result<void> DeadLetters::open() {
  auto prepared = stream_->prepare(relay);
  if (!prepared) return failed(prepared);
  auto readable = stream_->reader();
  if (readable) return {};
  if (readable.error().name != "stream.not_readable") return failed(readable);
  return fail({.name = "consumer.dead_letters_unreadable",
               .message = "dead letters cannot go to " + stream_->describe() +
                          ", which cannot be read back",
               .next = "give dead_letters a stream that can, such as "
                       "{ embedded: { path: dead-letters.db } }"});
}

Result<void> DeadLetters::append(std::span<const LetterRecord> records,
                                 const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    auto appended = append_once(records, stop);
    if (appended) return {};
    writer_.reset();
    // Another consumer or a command has appended meanwhile.
    if (appended.error().remedy != Remedy::stand_by || stop.stop_requested()) {
      return failed(appended);
    }
  }
}

Result<Durable> DeadLetters::append_once(std::span<const LetterRecord> records,
                                         const std::stop_token& stop) {
  if (!writer_) {
    auto writer = stream_->writer(relay);
    if (!writer) return failed(writer);
    writer_ = *std::move(writer);
  }
  auto tail = writer_->tail(stop);
  if (!tail) return failed(tail);
  std::uint64_t number = number_in(tail->tail().position.token);
  std::vector<Event> events;
  for (const LetterRecord& record : records) {
    events.push_back(to_event(record, ++number));
    events.back().position = {std::to_string(number)};
  }
  return writer_->append(tail->tail(), events, {std::to_string(number)}, source_name, stop);
}

Event DeadLetters::to_event(const LetterRecord& record, std::uint64_t number) const {
  std::string name;
  append_percent_encoded(name, record.consumer);
  Event event{.id = std::to_string(number),
              .source = source_name,
              .type = EventType(database, std::string(table), word_for(record.kind)),
              .subject = name,
              .partition_key = std::string(table) + "/'" + name,
              .time = clock_->wall(),
              .data = data_of(record)};
  return event;
}

Result<Letters> read_letters(StreamReader& reader, const std::string& consumer,
                             const std::stop_token& stop) {
  Letters letters(consumer);
  auto range = reader.range();
  if (!range) return failed(range);
  std::uint64_t next = range->first;
  while (next <= range->last && !stop.stop_requested()) {
    auto events = reader.read(next, letters_at_once, Milliseconds(0), stop);
    if (!events) return failed(events);
    if (events->empty()) break;
    for (const StoredEvent& stored : *events) letters.take(stored);
    next = events->back().sequence + 1;
  }
  return letters;
}

Result<LetterRecord> read_letter(StreamReader& reader, std::uint64_t number,
                                 const std::stop_token& stop) {
  auto events = reader.read(number, {.count = 1, .bytes = 1}, Milliseconds(0), stop);
  if (!events) return failed(events);
  if (!events->empty() && events->front().sequence == number) {
    auto record = letter_record_in(events->front().event);
    if (record && record->kind == Kind::dead) return *std::move(record);
  }
  return fail({.origin = Origin::stream,
               .name = "consumer.no_such_letter",
               .message = "there is no dead letter " + std::to_string(number),
               .next = "headwater dead-letters list -c FILE --consumer NAME"});
}

}  // namespace headwater::consumer
