#include "src/cli/status_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "src/base/grouped.h"
#include "src/base/one_line.h"

namespace headwater::cli {
namespace {

std::string text_of(const Json& json, std::string_view name) {
  return one_line(std::string(json[name].text().value_or("")));
}

std::string count_of(const Json& json, std::string_view name) {
  return grouped(json[name].unsigned_integer().value_or(0));
}

/// "12.3 s", "2.5 h"
std::string span_of(double seconds) {
  std::array<char, 32> text{};
  if (seconds < 600) {
    std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f h", seconds / 3'600);
  }
  return text.data();
}

double seconds_of(const Json& json, std::string_view name) {
  const Json& value = json[name];
  return value.real().value_or(static_cast<double>(value.integer().value_or(0)));
}

std::string state_of(const Json& relay) {
  std::string state = text_of(relay, "state");
  std::ranges::replace(state, '_', ' ');
  return state + " since " + text_of(relay, "since");
}

/// "3 retries (stream.unavailable 3)"
std::string sum_of(const Json& counts, const std::string& what) {
  std::uint64_t sum = 0;
  std::string each;
  for (const Json::Member& member : counts.members()) {
    sum += member.value.unsigned_integer().value_or(0);
    each += (each.empty() ? "" : ", ") + one_line(member.name) + " " +
            grouped(member.value.unsigned_integer().value_or(0));
  }
  return grouped(sum) + " " + what + (each.empty() ? "" : " (" + each + ")");
}

/// "2,048 MiB"
std::string mebibytes_of(const Json& relay, const char* name) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
  return grouped(relay[name].unsigned_integer().value_or(0) / mebibyte) + " MiB";
}

std::string place_of(const Json& relay) {
  std::string text = "at event " + count_of(relay, "tail");
  if (const std::string position = text_of(relay, "position"); !position.empty()) {
    text += ", " + position;
  }
  text += "; lag " + span_of(seconds_of(relay, "lag_seconds"));
  if (relay.contains("backlog")) text += ", backlog " + count_of(relay, "backlog");
  if (relay.contains("source_lag_seconds")) {
    text += ", " + count_of(relay, "source_lag_seconds") + " s behind the source's time";
  }
  if (relay.contains("source_lag_bytes")) {
    text += ", " + count_of(relay, "source_lag_bytes") + " bytes of the source's log behind";
  }
  if (relay.contains("seconds_until_loss")) {
    text += ", the source keeps its history for another " +
            span_of(seconds_of(relay, "seconds_until_loss"));
  }
  if (relay.contains("bytes_until_loss")) {
    text += ", the source keeps its history for another " +
            mebibytes_of(relay, "bytes_until_loss") + " of its log";
  }
  return text;
}

/// Empty if neither is known.
std::string room_of(const Json& relay) {
  std::string text;
  if (relay.contains("stream_history_seconds")) {
    text = "the stream goes back " + span_of(seconds_of(relay, "stream_history_seconds"));
  }
  if (!relay.contains("stream_room_bytes")) return text;
  return (text.empty() ? "the stream" : text + ", and") + " has room for " +
         mebibytes_of(relay, "stream_room_bytes");
}

std::string snapshot_of(const Json& snapshot) {
  std::string text =
      "snapshot of " + text_of(snapshot, "table") + ": " + count_of(snapshot, "rows_done");
  if (snapshot.contains("rows_total")) text += " of " + count_of(snapshot, "rows_total");
  text += " rows";
  if (!snapshot.contains("tables_total")) return text;
  return text + ", " + count_of(snapshot, "tables_done") + " of " +
         count_of(snapshot, "tables_total") + " tables";
}

std::string relay_text(const Json& relay) {
  std::string text = text_of(relay, "relay") + ": " + state_of(relay) + "\n";
  const auto add = [&text](const std::string& line) { text += "  " + line + "\n"; };
  if (const std::string trouble = text_of(relay, "trouble"); !trouble.empty()) {
    add("TROUBLE  " + trouble);
  }
  if (const std::string source = text_of(relay, "source"); !source.empty()) {
    add(source + " -> " + text_of(relay, "stream") + " (" + text_of(relay, "promise") + ")");
  }
  add(place_of(relay));
  if (const std::string room = room_of(relay); !room.empty()) add(room);
  add(count_of(relay, "events_appended") + " events in " + count_of(relay, "appends") +
      " appends, " + count_of(relay, "conflicts") + " conflicts, " + count_of(relay, "takeovers") +
      " takeovers, " + sum_of(relay["retries"], "retries") + ", " + sum_of(relay["gaps"], "gaps"));
  if (const std::string claim = text_of(relay, "claim"); !claim.empty()) {
    add(claim == "ours" ? "has the claim to lead" : "another process has the claim to lead");
  }
  if (relay.contains("snapshot")) add(snapshot_of(relay["snapshot"]));
  return text;
}

std::string consumer_text(const Json& consumer) {
  const bool ready = consumer["ready"].boolean().value_or(false);
  std::string text =
      text_of(consumer, "consumer") + ": " + (ready ? "consuming" : "not consuming") + "\n";
  const auto add = [&text](const std::string& line) { text += "  " + line + "\n"; };
  if (const std::string trouble = text_of(consumer, "trouble"); !trouble.empty()) {
    add("TROUBLE  " + trouble);
  }
  std::string place =
      text_of(consumer, "stream") + ", acknowledged event " + count_of(consumer, "acknowledged");
  if (consumer.contains("lag_events")) {
    place += "; behind by " + count_of(consumer, "lag_events") + " events, " +
             span_of(seconds_of(consumer, "lag_seconds"));
  }
  add(place);
  std::string done = count_of(consumer, "events_handled") + " events handled, " +
                     sum_of(consumer["retries"], "retries") + ", " +
                     sum_of(consumer["dead_letters"], "dead letters");
  if (consumer.contains("dead_letters_open")) {
    done += ", " + count_of(consumer, "dead_letters_open") + " open";
  }
  add(done + ", handler restarted " + count_of(consumer, "handler_restarts") + " times");
  return text;
}

bool all_ready(const Json& status, std::string_view kind) {
  return std::ranges::all_of(status[kind].elements(), [](const Json& each) {
    return each["ready"].boolean().value_or(false);
  });
}

}  // namespace

std::string status_text(const Json& status, bool with_address) {
  std::string text;
  if (with_address) text = text_of(status, "address") + ":\n";
  for (const Json& relay : status["relays"].elements()) text += relay_text(relay);
  for (const Json& consumer : status["consumers"].elements()) text += consumer_text(consumer);
  return text;
}

bool is_ready(const Json& status) {
  return all_ready(status, "relays") && all_ready(status, "consumers");
}

}  // namespace headwater::cli
