#include <cstddef>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "src/event/event.h"
#include "src/event/json_text.h"

namespace headwater {
namespace {

void append_member(std::string& to, std::string_view name, std::string_view text) {
  to += ",\"";
  to += name;
  to += "\":";
  append_json_name(to, text);
}

/// Zero-padded, so that it sorts as text like the number does, as CloudEvents' `sequence` asks.
std::string padded(std::uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  return std::string(20 - digits.size(), '0') + digits;
}

Error unreadable(const std::string& why) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "event.unreadable",
               .message = "This is no event as Headwater writes them: " + why,
               .next = "compare it with docs/formats/event.md"};
}

}  // namespace

std::string to_json(const StoredEvent& stored) {
  const Event& event = stored.event;
  std::string json;
  json.reserve(event.data.size() + event.id.size() + event.source.size() + 320);
  json += R"({"specversion":"1.0")";
  append_member(json, "id", event.id);
  append_member(json, "source", event.source);
  append_member(json, "type", event.type);
  if (!event.subject.empty()) append_member(json, "subject", event.subject);
  json += ",\"time\":\"";
  append_time(json, event.time);
  json += R"(","datacontenttype":"application/json")";
  append_member(json, "sequence", padded(stored.sequence));
  append_member(json, "partitionkey", event.partition_key);
  json += ",\"data\":";
  json += event.data;
  json += '}';
  return json;
}

Result<StoredEvent> event_from_json(std::string_view json) {
  // The library throws; it ends here.
  try {
    const auto tree = nlohmann::ordered_json::parse(json);
    const auto time = time_from(tree.at("time").get<std::string>());
    if (!time) return fail(unreadable("its time is not like 2026-11-23T08:15:30.123Z"));
    StoredEvent stored;
    stored.sequence = std::stoull(tree.at("sequence").get<std::string>());
    stored.event = Event{.id = tree.at("id").get<std::string>(),
                         .source = tree.at("source").get<std::string>(),
                         .type = tree.at("type").get<std::string>(),
                         .subject = tree.value("subject", ""),
                         .partition_key = tree.at("partitionkey").get<std::string>(),
                         .time = *time,
                         .data = {}};
    // The data as it was written, not as the library would write it.
    const std::string_view mark = ",\"data\":";
    const std::size_t at = json.find(mark);
    if (at == std::string_view::npos) return fail(unreadable("it has no data"));
    stored.event.data = json.substr(at + mark.size(), json.rfind('}') - at - mark.size());
    return stored;
  } catch (const std::exception& error) {
    return fail(unreadable(error.what()));
  }
}

}  // namespace headwater
