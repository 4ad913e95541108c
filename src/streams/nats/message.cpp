#include "src/streams/nats/message.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "src/base/eight_bytes.h"
#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"

namespace headwater::nats {
namespace {

// The version of the format stands before each position.
constexpr std::string_view format = "1:";

constexpr bool stands_for_itself(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '%'; }

constexpr const char* expected_sequence = "Nats-Expected-Last-Sequence";
// Where the server does not compare it, and refuses to be asked for it.
constexpr const char* told_sequence = "Headwater-Follows";

// A blank, between the parts of a message id.
constexpr std::string_view id_part_end = "%20";

// nats-server 2.9 and 2.10 look for their own headers in the values of others, too.
constexpr std::string_view server_prefix = "Nats-";

/// Nothing in it has to be encoded.
bool all_stands(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= EightBytes::size; at += EightBytes::size) {
    const EightBytes eight(text, at);
    const bool odd = eight.any_not_ascii() || eight.any_below('!') || eight.any('\x7f') ||
                     eight.any('"') || eight.any('%');
    if (odd) return false;
  }
  return std::ranges::all_of(text.substr(at), stands_for_itself) &&
         text.find(server_prefix) == std::string_view::npos;
}

/// A header's value is one line, and blanks at its ends are lost: what may not stand there is
/// percent-encoded as in HTTP (CloudEvents 1.0.2, HTTP protocol binding, 3.1.3.2).
void append_header_from(std::string& to, std::string_view text) {
  if (all_stands(text)) {
    to += text;
    return;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (stands_for_itself(text[at]) && !text.substr(at).starts_with(server_prefix)) {
      to += text[at];
    } else {
      append_percent_bytes(to, text.substr(at, 1));
    }
  }
}

/// As it stands in the header; null if there is none of this name.
const char* header_of(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : nullptr;
}

std::optional<std::string> get(natsMsg* message, const char* name) {
  const char* const value = header_of(message, name);
  if (value == nullptr) return std::nullopt;
  return with_percents_decoded(value);
}

/// nullopt for a message that is not an event.
std::optional<WallTime> time_of_event(natsMsg* message) {
  const char* const time = header_of(message, "ce-time");
  if (time == nullptr || header_of(message, "ce-id") == nullptr) return std::nullopt;
  return time_from(time);
}

Message create(const Envelope& envelope, std::string_view data) {
  Message made;
  const natsStatus status =
      natsMsg_Create(Into(made), envelope.subject.c_str(),
                     envelope.reply.empty() ? nullptr : envelope.reply.c_str(), data.data(),
                     static_cast<int>(data.size()));
  return status == NATS_OK ? std::move(made) : Message();
}

/// Headers of one message.
class Headers {
 public:
  Headers() { lines_.reserve(as_most_have); }

  /// `line`: "name: value", with nothing to encode.
  void add(std::string_view line) {
    if (!lines_.empty()) lines_ += line_end;
    last_ = lines_.size();
    lines_ += line;
  }
  void set(std::string_view name, std::string_view text) {
    begin(name);
    append_header_from(lines_, text);
  }
  void set(std::string_view name, std::string_view before, std::string_view text) {
    begin(name);
    lines_ += before;
    append_header_from(lines_, text);
  }
  /// `value` has nothing to encode.
  void set_encoded(std::string_view name, std::string_view value) {
    begin(name);
    lines_ += value;
  }
  void set_unless_empty(std::string_view name, std::string_view text) {
    if (!text.empty()) set(name, text);
  }
  void set(std::string_view name, std::uint64_t number) {
    std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
    const auto written = std::to_chars(digits.begin(), digits.end(), number);
    begin(name);
    lines_.append(digits.begin(), written.ptr);
  }

  /// The message with these headers, or null if memory is exhausted.
  [[nodiscard]] Message on(Message message, bool each_by_itself) {
    if (!message) return message;
    const bool well = each_by_itself ? set_each(message.get()) : set_at_once(message.get());
    return well ? std::move(message) : Message();
  }

 private:
  void begin(std::string_view name) {
    add(name);
    lines_ += name_end;
  }
  bool set_at_once(natsMsg* message) { return set_one(message, lines_, last_); }
  bool set_each(natsMsg* message) const {
    for (std::size_t at = 0; at < lines_.size();) {
      std::string line = lines_.substr(at, lines_.find(line_end, at) - at);
      at += line.size() + line_end.size();
      if (!set_one(message, line, 0)) return false;
    }
    return true;
  }
  /// Terminates the name, which ends after `at`, in `text`, for the library.
  static bool set_one(natsMsg* message, std::string& text, std::size_t at) {
    const auto end = text.find(name_end, at);
    text[end] = '\0';
    return natsMsgHeader_Set(message, text.c_str(), text.c_str() + end + name_end.size()) ==
           NATS_OK;
  }

  static constexpr std::size_t as_most_have = 640;
  static constexpr std::string_view name_end = ": ";
  static constexpr std::string_view line_end = "\r\n";
  std::string lines_;
  std::size_t last_ = 0;  ///< Where the last line begins.
};

void set_fence(Headers& headers, const Envelope& envelope, const Fence& fence) {
  headers.set_encoded("Nats-Msg-Id", envelope.id);
  const auto& member = envelope.member;
  headers.set(!member || member->number == 1 ? expected_sequence : told_sequence, fence.sequence);
  if (member) {
    headers.set("Nats-Batch-Id", member->of);
    headers.set("Nats-Batch-Sequence", member->number);
    if (member->last) headers.add("Nats-Batch-Commit: 1");
  }
  if (!fence.id.empty()) headers.set_encoded("Nats-Expected-Last-Msg-Id", fence.id);
}

void set_mark(Headers& headers, const Mark& mark, std::string_view event_source) {
  headers.set("Headwater-Relay", mark.relay);
  if (mark.forgotten) {
    headers.add("Headwater-Forgotten: 1");
    return;
  }
  headers.set("Headwater-Position", format, mark.position.token);
  // Left away where ce-source says the same: it stands with every event.
  if (mark.source != event_source) headers.set("Headwater-Source", format, mark.source);
  if (mark.by_a_person) headers.add("Headwater-Set: 1");
}

}  // namespace

bool writes_names_as_given() {
  constexpr std::uint32_t newest_looked_at = 0x030D00;  // 3.13.0
  return nats_GetVersionNumber() <= newest_looked_at;
}

std::string message_id(const Event& event) {
  // All headers of a message have 64 KiB. Where a change's id ends with its key (MongoDB's do), a
  // part of it would be the same for every change of a document.
  std::string encoded;
  append_header_from(encoded, event.id);
  std::string id = short_key(std::move(encoded));
  if (event.position.empty()) return id;
  const std::string& place = event.position.token;
  append_hex(id += id_part_end, XXH3_64bits(place.data(), place.size()));
  return id;
}

std::string message_id_again(const std::string& id, std::uint64_t sequence) {
  return id + std::string(id_part_end) + std::to_string(sequence);
}

Message event_message(const Envelope& envelope, const Event& event, const Mark& mark,
                      const Fence& fence) {
  Headers headers;
  set_fence(headers, envelope, fence);
  set_mark(headers, mark, event.source);
  headers.add("ce-specversion: 1.0");
  headers.set("ce-id", event.id);
  headers.set_unless_empty("ce-source", event.source);
  headers.set_unless_empty("ce-type", event.type.text());
  headers.set_unless_empty("ce-subject", event.subject);
  headers.set_unless_empty("ce-partitionkey", event.partition_key);
  std::string time;
  append_time(time, event.time);
  headers.set("ce-time", time);
  headers.add("content-type: application/json");
  return headers.on(create(envelope, event.data), envelope.each_header_by_itself);
}

Message position_message(const Envelope& envelope, const Mark& mark, const Fence& fence) {
  Headers headers;
  set_fence(headers, envelope, fence);
  set_mark(headers, mark, "");
  headers.set("Headwater-Event", mark.last_event);
  return headers.on(create(envelope, ""), envelope.each_header_by_itself);
}

std::optional<Mark> mark_of(natsMsg* message) {
  const auto relay = get(message, "Headwater-Relay");
  if (!relay) return std::nullopt;
  Mark mark{.relay = *relay, .position = {}, .source = {}};
  mark.last_event = number_in(get(message, "Headwater-Event").value_or(""));
  mark.by_a_person = get(message, "Headwater-Set").has_value();
  if (get(message, "Headwater-Forgotten")) {
    mark.forgotten = mark.by_a_person = true;
    return mark;
  }
  const auto position = get(message, "Headwater-Position");
  const auto source = get(message, "Headwater-Source");
  if (!position || !position->starts_with(format)) return std::nullopt;
  if (source && !source->starts_with(format)) return std::nullopt;
  mark.position.token = position->substr(format.size());
  mark.source = source ? source->substr(format.size()) : get(message, "ce-source").value_or("");
  return mark;
}

bool is_event(natsMsg* message) { return time_of_event(message).has_value(); }

bool read_event(natsMsg* message, KnownNames& known, StoredEvent& event) {
  const auto time = time_of_event(message);
  if (!time) return false;
  const auto read = [message](std::string& to, const char* name) -> const std::string& {
    to.clear();
    if (const char* const value = header_of(message, name)) append_percents_decoded(to, value);
    return to;
  };
  auto& [id, source, type, subject, partition_key, written, data, position] = event.event;
  event.sequence = sequence_of(message);
  // Of the names there are only a few: the text of the id is borrowed to read them.
  source = known.source(read(id, "ce-source"));
  type = known.type(read(id, "ce-type"));
  read(id, "ce-id");
  read(subject, "ce-subject");
  read(partition_key, "ce-partitionkey");
  written = *time;
  position = {};
  const char* const bytes = natsMsg_GetData(message);
  data.assign(bytes == nullptr ? "" : bytes,
              static_cast<std::size_t>(natsMsg_GetDataLength(message)));
  return true;
}

std::string id_of(natsMsg* message) {
  const char* const id = header_of(message, "Nats-Msg-Id");
  return id == nullptr ? "" : id;
}

std::optional<std::uint64_t> follows(natsMsg* message) {
  auto text = get(message, expected_sequence);
  if (!text) text = get(message, told_sequence);
  if (!text) return std::nullopt;
  return number_in(*text);
}

std::uint64_t sequence_of(natsMsg* message) {
  if (const std::uint64_t asked = natsMsg_GetSequence(message); asked > 0) return asked;
  const auto found = delivered(natsMsg_GetReply(message));
  return found ? found->sequence : 0;
}

// natsMsg_GetMetaData() reads the same, and copies all names in it: a tenth of the time of reading.
// $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.place.time.pending[.more]
// (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md)
std::optional<Delivered> delivered(const char* acknowledged_at) {
  if (acknowledged_at == nullptr) return std::nullopt;
  std::string_view rest(acknowledged_at);
  constexpr std::size_t short_form = 9;
  constexpr std::size_t long_form = 11;
  std::array<std::string_view, long_form> parts{};
  std::size_t count = 0;
  for (bool more = true; more && count < parts.size(); ++count) {
    const auto dot = rest.find('.');
    parts.at(count) = rest.substr(0, dot);
    more = dot != std::string_view::npos;
    if (more) rest.remove_prefix(dot + 1);
  }
  if (parts[0] != "$JS" || parts[1] != "ACK") return std::nullopt;
  if (count != short_form && count != long_form) return std::nullopt;
  const std::size_t names = count - short_form;
  const auto sequence = whole_number(parts.at(names + 5));
  const auto place = whole_number(parts.at(names + 6));
  if (!sequence || !place) return std::nullopt;
  return Delivered{.sequence = *sequence, .place = *place};
}

}  // namespace headwater::nats
