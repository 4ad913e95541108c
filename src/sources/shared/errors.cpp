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
