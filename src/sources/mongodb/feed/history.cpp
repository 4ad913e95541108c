#include "src/sources/mongodb/feed/history.h"

#include <utility>

#include "src/ports/loss.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/shared/errors.h"

namespace headwater::mongodb {
namespace {

/// The `ts` of the first entry in one direction (1: from the oldest) at `from` or later; null if
/// there is none.
Answer<ClusterTime> entry(Connection& connection, int direction, ClusterTime from) {
  Doc command;
  command.add("find", "oplog.rs");
  // With it the server finds the place without reading what is before.
  if (!from.null()) {
    command.add("filter", Doc().add("ts", Doc().add("$gte", from)));
  }
  command.add("sort", Doc().add("$natural", direction));
  command.add("projection", Doc().add("ts", 1));
  command.add("limit", 1).add("singleBatch", true);
  auto reply = connection.send("local", command);
  if (!reply) return tl::unexpected(std::move(reply.error()));
  return find_time(reply->get(), "cursor.firstBatch.0.ts").value_or(ClusterTime{});
}

}  // namespace

Result<void> is_ours(const MongoPosition& position, const std::string& identity,
                     const std::string& fingerprint) {
  if (position.source != identity) {
    return fail(sources::other_database_error(position.source, identity));
  }
  if (position.fingerprint == fingerprint) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.pipeline_changed",
               .message = "`watch` or `pipeline` has changed since the stream's position was "
                          "saved, and a resume token is valid only with the same",
               .next = "undo the change; or continue with the new pipeline where the stream ends: "
                       "headwater position -c FILE set time:" +
                       words_for(position.time) +
                       " (changes of that very instant may come again)"});
}

namespace {

/// A secondary may not have it yet. Only what a majority has is in a stream, so a primary has it.
Result<Standing> missing(ClusterTime witness, const std::optional<OplogWindow>& window,
                         Connection& connection) {
  if (window && witness <= window->last) return Standing::went_back;
  auto facts = connection.facts();
  if (!facts) return failed(facts);
  if (facts->primary) return Standing::went_back;
  return fail(behind());
}

}  // namespace

Result<std::optional<OplogWindow>> oplog_window(Connection& connection) {
  OplogWindow window;
  for (const auto& [direction, time] : {std::pair{1, &window.first}, std::pair{-1, &window.last}}) {
    auto found = entry(connection, direction, {});
    if (!found && found.error().for_good()) return std::optional<OplogWindow>();
    if (!found) return fail(to_error(found.error(), "reading the oplog"));
    if (found->null()) return std::optional<OplogWindow>();
    *time = *found;
  }
  return std::optional(window);
}

Result<Standing> standing_of(const MongoPosition& position, Connection& connection) {
  auto window = oplog_window(connection);
  if (!window) return failed(window);
  if (!*window) return Standing::fine;
  // A 4.4 server accepts a token whose time is gone, without an error. If a token does not contain
  // its time, the server must decide.
  const bool dated = position.token.empty() || time_in(position.token.data).has_value();
  const auto lost = [&](const OplogWindow& held) {
    return dated && !position.time.null() && position.time < held.first;
  };
  if (lost(**window)) return Standing::lost;
  const ClusterTime witness = position.witness;
  if (witness.null() || witness < (*window)->first) return Standing::fine;
  auto found = entry(connection, 1, witness);
  if (!found) return fail(to_error(found.error(), "searching the last change in the oplog"));
  if (*found == witness) return Standing::fine;
  // The server may have removed it since the first read.
  window = oplog_window(connection);
  if (!window) return failed(window);
  if (!*window || witness >= (*window)->first) return missing(witness, *window, connection);
  return lost(**window) ? Standing::lost : Standing::fine;
}

Error behind() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.behind",
          .message =
              "The server that was asked does not have yet what is already in the stream: it "
              "replicates",
          .next = "nothing, if it catches up; or remove `readPreference` from the URI"};
}

Error history_lost(const MongoPosition& position, const std::string& why) {
  return sources::loss_error(headwater::history_lost,
                             "the server no longer has the changes after " +
                                 words_for(position.time) + ", where the stream ends: " + why,
                             "make the oplog larger: replSetResizeOplog");
}

Error went_back(const MongoPosition& position) {
  return sources::loss_error(headwater::went_back,
                             "the server does not know the change at " +
                                 words_for(position.witness) +
                                 " that is in the stream: it was restored from an older backup");
}

}  // namespace headwater::mongodb
