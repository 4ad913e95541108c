#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "src/base/number_in.h"
#include "src/event/event.h"
#include "src/event/json_text.h"
#include "src/event/time_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"

namespace headwater {
namespace {

/// Zero-padded, so that it sorts as text in numeric order, as CloudEvents' `sequence` requires.
std::string padded(std::uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  return std::string(20 - digits.size(), '0') + digits;
}

Error unreadable(const std::string& why) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "event.unreadable",
               .message = "this is not an event that Headwater wrote: " + why,
               .next = "compare it with docs/formats/event.md"};
}

std::uint64_t sequence_from(MemberReader& event) {
  const auto sequence = whole_number(event.text("sequence"));
  if (!sequence) event.reject("sequence", "not a number");
  return sequence.value_or(0);
}

WallTime when(MemberReader& event) {
  const auto time = time_from(event.text("time"));
  if (!time) event.reject("time", "not like 2026-11-23T08:15:30.123Z");
  return time.value_or(WallTime());
}

}  // namespace

std::string to_json(const StoredEvent& stored) {
  const Event& event = stored.event;
  std::string json;
  json.reserve(event.data.size() + event.id.size() + event.source.text().size() + 320);
  append_json(json, stored);
  return json;
}

void append_json(std::string& json, const StoredEvent& stored) {
  const Event& event = stored.event;
  json += R"({"specversion":"1.0")";
  append_json_member(json, "id", event.id);
  append_json_member(json, "source", event.source);
  append_json_member(json, "type", event.type.text());
  if (!event.subject.empty()) append_json_member(json, "subject", event.subject);
  json += ",\"time\":\"";
  append_time(json, event.time);
  json += R"(","datacontenttype":"application/json")";
  append_json_member(json, "sequence", padded(stored.sequence));
  append_json_member(json, "partitionkey", event.partition_key);
  json += ",\"data\":";
  json += event.data;
  json += '}';
}

Result<StoredEvent> event_from_json(std::string_view text) {
  std::string wrong;
  const auto json = Json::parse(text, wrong);
  if (!json) return fail(unreadable(wrong));
  MemberReader reader(*json, wrong);
  StoredEvent stored{.sequence = sequence_from(reader),
                     .event = Event{.id = reader.text("id"),
                                    .source = reader.text("source"),
                                    .type = EventType::parse(reader.text("type")),
                                    .subject = reader.has("subject") ? reader.text("subject") : "",
                                    .partition_key = reader.text("partitionkey"),
                                    .time = when(reader),
                                    .data = {}}};
  // The data as written, not as the library would write it.
  const std::string_view mark = ",\"data\":";
  const std::size_t at = text.find(mark);
  if (!reader.has("data") || at == std::string_view::npos) {
    reader.reject("data", "not in the form that Headwater writes");
  }
  if (!wrong.empty()) return fail(unreadable(wrong));
  stored.event.data = text.substr(at + mark.size(), text.rfind('}') - at - mark.size());
  return stored;
}

}  // namespace headwater
