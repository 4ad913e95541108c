#include "src/materialize/errors.h"

#include <utility>

#include "src/event/short_key.h"

namespace headwater::materialize {
namespace {

Error stops(std::string name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = std::move(name),
          .message = std::move(message),
          .next = std::move(next)};
}

std::string named(const Event& event) {
  return "event " + in_few_bytes(event.id) + " (" + event.type.text() + ")";
}

std::string at(const CopyPlace& place) {
  return "the copy is at event " + std::to_string(place.sequence);
}

}  // namespace

Error unreadable(const Event& event) {
  return stops("event.unreadable", named(event) + " was not written by Headwater",
               "compare it with docs/formats/event.md");
}

Error without_key(const Event& event) {
  return stops("materialize.no_key",
               named(event) + " has no key, or a key with NULL, so its row cannot be found again",
               "give the table a primary key, or leave it out: materialize: { tables: [...] }");
}

Error without_row(const Event& event) {
  return stops("materialize.no_row",
               named(event) + " has neither the row nor the difference to the row before",
               "let the source publish whole rows; docs/materialize.md explains what a copy needs");
}

Error lacks_value(const Event& event) {
  return stops("materialize.no_value",
               named(event) +
                   " is a row whose key was updated, without a large value that the "
                   "update left alone: PostgreSQL had not logged it",
               "from now on: ALTER TABLE … REPLICA IDENTITY FULL; to go on with NULL in its place: "
               "materialize: { on_gap: continue }");
}

Error has_gap(const Event& event, std::string_view gap) {
  return stops(
      "materialize.gap", named(event) + " says that changes are missing: " + std::string(gap),
      "to go on without them: materialize: { on_gap: continue }; the rows stay as they are "
      "until their next event");
}

Error aged_out(const CopyPlace& place, std::uint64_t first) {
  return stops("materialize.aged_out",
               at(place) + ", and the stream begins at " + std::to_string(first) +
                   ": retention has removed events that the copy needs",
               rebuild_command);
}

Error other_stream(const CopyPlace& place, const std::string& found) {
  return stops("materialize.other_stream",
               at(place) + ", which was " + place.event + "; the stream has " + found +
                   " there: it was deleted and created again, or is another one",
               rebuild_command);
}

Error of_place(const Error& error, const CopyPlace& place) {
  return stops(
      error.name, at(place) + ": " + error.message,
      "let the relay refill the stream, or make the copy again: " + std::string(rebuild_command));
}

Error other_options(const CopyPlace& place, const std::string& are) {
  return stops("materialize.other_options",
               "the copy was made with " + place.options + ", and is now to have " + are +
                   ": it would lack earlier rows, or keep others",
               rebuild_command);
}

Error went_back(const CopyPlace& place, std::uint64_t last) {
  Error error;
  error.name = "stream.beyond_end";
  error.message = "the stream ends at " + std::to_string(last) + ", so it has lost events";
  return of_place(error, place);
}

Error beginning_removed(std::uint64_t first) {
  return stops("materialize.beginning_removed",
               "the stream begins at " + std::to_string(first) +
                   ": retention has removed events, so a new copy would lack rows",
               "let the relay publish all rows again, or accept it: headwater materialize -c FILE "
               "--incomplete");
}

Error until_ahead(const std::string& until, std::uint64_t last) {
  return stops("materialize.until_ahead",
               "the stream ends at " + std::to_string(last) + ", before " + until,
               "wait for it, or give --until a place that exists: headwater tail -c FILE -n 1");
}

}  // namespace headwater::materialize
