#include "src/serve/status.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "src/event/time_text.h"
#include "src/serve/health.h"

namespace headwater {
namespace {

template <class Span>
double in_seconds(Span span) {
  return std::chrono::duration<double>(span).count();
}

std::string words_for(WallTime time) {
  std::string text;
  append_time(text, time);
  return text;
}

/// What only some relays have.
void add_what_there_is(Json& json, const RelayProgress& progress, SteadyTime now) {
  if (progress.claim) json.set("claim", *progress.claim == Claim::ours ? "ours" : "others");
  if (progress.backlog) json.set("backlog", *progress.backlog);
  if (const auto& lag = progress.source_lag) {
    json.set(std::string("source_lag_") + word_for(lag->unit), lag->amount);
  }
  const StreamRoom& room = progress.stream_room;
  if (room.history) json.set("stream_history_seconds", in_seconds(*room.history));
  if (room.bytes) json.set("stream_room_bytes", *room.bytes);
  const UntilLoss& left = progress.until_loss;
  if (left.time) json.set("seconds_until_loss", in_seconds(*left.time));
  if (left.bytes) json.set("bytes_until_loss", *left.bytes);
  if (progress.retrying) {
    json.set("retrying", Json{{"error", progress.retrying->error},
                              {"seconds", in_seconds(now - progress.retrying->since)}});
  }
  if (!progress.snapshot) return;
  Json snapshot{{"table", progress.snapshot->table}, {"rows_done", progress.snapshot->done}};
  if (progress.snapshot->total > 0) snapshot.set("rows_total", progress.snapshot->total);
  if (progress.snapshot->tables_total > 0) {
    snapshot.set("tables_done", progress.snapshot->tables_done);
    snapshot.set("tables_total", progress.snapshot->tables_total);
  }
  json.set("snapshot", std::move(snapshot));
}

Json to_json(const RelayFigures& relay, const Clock& clock) {
  const RelayProgress& progress = relay.progress;
  const SteadyTime now = clock.steady();
  const auto trouble = trouble_of(relay, now);
  Json json{{"relay", relay.relay},
            {"state", word_for(progress.state)},
            {"since", words_for(progress.state_since)},
            {"ready", !trouble.has_value()}};
  if (trouble) json.set("trouble", *trouble);
  if (!relay.error.empty()) json.set("error", relay.error);
  json.set("source", relay.source);
  json.set("stream", relay.stream);
  json.set("promise", relay.promise);
  json.set("tail", progress.tail_sequence);
  json.set("position", relay.position);
  json.set("lag_seconds", in_seconds(lag_of(progress, clock.wall())));
  json.set("changes_read", progress.changes_read);
  json.set("events_appended", progress.events_appended);
  json.set("appends", progress.appends);
  json.set("conflicts", progress.conflicts);
  json.set("takeovers", progress.takeovers);
  json.set("retries", counts_by_name(progress.retries));
  json.set("gaps", counts_by_name(progress.gaps));
  add_what_there_is(json, progress, now);
  return json;
}

}  // namespace

Json counts_by_name(const std::map<std::string, std::uint64_t, std::less<>>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json.set(name, count);
  return json;
}

Json to_status(const Process& process, const std::vector<RelayFigures>& relays,
               const Clock& clock) {
  Json all = Json::array();
  for (const RelayFigures& each : relays) all.push_back(to_json(each, clock));
  return Json{{"version", process.version},
              {"started", words_for(process.started)},
              {"time", words_for(clock.wall())},
              {"relays", std::move(all)}};
}

}  // namespace headwater
