#include "src/sources/shared/errors.h"

#include <utility>

#include "src/ports/loss.h"

namespace headwater::sources {
namespace {

Error stop(std::string_view name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = std::string(name),
          .message = std::move(message),
          .next = std::move(next)};
}

}  // namespace

Error not_begun_error(const std::string& relay) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "source.not_begun",
          .message = "relay " + relay + " has not begun: it has no position yet",
          .next = "headwater init -c FILE"};
}

Error snapshot_running_error(const std::string& relay, const std::string& table) {
  const std::string where = table.empty() ? "" : " (now in " + table + ")";
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "source.snapshot_running",
          .message =
              "relay " + relay + " has not yet read all rows that it was asked for before" + where,
          .next =
              "wait until `headwater status -c FILE` shows no snapshot, then repeat the "
              "command; if the relay does not run: headwater run -c FILE"};
}

Error bad_position_error(const Position& position, std::string_view source, std::string_view why,
                         std::string next) {
  constexpr std::size_t longest = 200;
  std::string message = "\"" + position.token.substr(0, longest) + "\" is not a position of a ";
  message.append(source).append(" source: ").append(why);
  return stop(bad_position, std::move(message), std::move(next));
}

Error other_database_error(const std::string& theirs, const std::string& ours) {
  return stop(other_database, "the stream's position is of " + theirs + ", but this is " + ours,
              "configure the database that the stream was filled from, or give the relay another "
              "name or stream");
}

Error loss_error(std::string_view name, std::string message, std::string_view also) {
  std::string next =
      "set `on_lost_position` for one start: snapshot (a gap event, then all rows are read again) "
      "or skip (a gap event, then ";
  next += name == history_lost ? "the oldest change that is left)" : "new changes)";
  if (!also.empty()) next.append("; or ").append(also);
  return stop(name, std::move(message), std::move(next));
}

}  // namespace headwater::sources
