#include "src/sources/mongodb/feed/named_position.h"

#include <optional>
#include <string_view>
#include <utility>

#include "src/event/json_text.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/position.h"

namespace headwater::mongodb {
namespace {

constexpr std::string_view time_word = "time:";

Error bad_words(const std::string& words) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "source.bad_position",
          .message = "'" + words + "' is not a position of a MongoDB source",
          .next =
              "use earliest, latest, time:SECONDS.INCREMENT, or a position that "
              "`headwater position -c FILE` showed"};
}

}  // namespace

Result<Position> named_position(const SourceOptions& options, const std::string& identity,
                                Connection& connection, const std::string& words) {
  auto position = beginning(options, identity, connection);
  if (!position) return failed(position);
  position->place.snapshot.reset();
  if (words == "latest") return encode(*position);
  if (words == "earliest") {
    auto window = oplog_window(connection);
    if (!window) return failed(window);
    if (!*window) {
      return fail({.remedy = Remedy::stop,
                   .origin = Origin::source,
                   .name = "source.unauthorized",
                   .message = "the beginning of the oplog is unknown: the user may not read it, or "
                              "this is a mongos",
                   .next = "grant the privilege find on local.oplog.rs, or use "
                           "time:SECONDS.INCREMENT"});
    }
    // The server wants an entry before the start: document_source_check_resume_token.cpp.
    position->time = (*window)->first;
    ++position->time.increment;
    return encode(*position);
  }
  if (words.starts_with(time_word)) {
    const auto time = time_from(std::string_view(words).substr(time_word.size()));
    if (!time) return fail(bad_words(words));
    position->time = *time;
    return encode(*position);
  }
  auto saved = decode(Position{words});
  if (!saved) return fail(bad_words(words));
  return Position{words};
}

std::string explained(const Position& position, const Watch& watch) {
  const auto decoded = decode(position);
  if (!decoded) return "an unreadable position";
  std::string text;
  append_time(text, wall_time(decoded->time));
  text += " (cluster time " + words_for(decoded->time) + ") of " + watch.words();
  if (const auto& snapshot = decoded->place.snapshot) {
    text += ", snapshot at document " + std::to_string(snapshot->done);
    if (!snapshot->name.table.empty()) text += " in " + snapshot->name.table;
  }
  return text;
}

}  // namespace headwater::mongodb
