// What the source does where the database contradicts what was told. Nobody repeats or leaves out a
// change, but for a database that loses writes, and those who write past the hook.
#include <string>
#include <utility>

#include "src/sources/rethinkdb/feed/checked_position.h"
#include "src/sources/rethinkdb/feed/rethink_source.h"

namespace headwater::rethinkdb {

/// Deletes that a scan finds begin a document again with any number. What is told after a doubt need not
/// follow what was told before it.
bool RethinkSource::can_judge() const {
  return leads_ && options_.deletes == Deletes::marked && answered_ == 0;
}

/// Leaves out what was told before: the journal has it once more if a failover has undone a release.
bool RethinkSource::fits(Item& item) {
  if (!can_judge() || !item.change || item.newest == 0) return true;
  const LastTold::Last next{.number = item.number, .version = item.version};
  const auto fit = told_.fit(item.exact, next, item.newest);
  if (fit == LastTold::Fit::told) {
    item.change.reset();
    item.version = 0;
  }
  if (fit != LastTold::Fit::contradicts) return true;
  const auto words = [](LastTold::Last change) {
    return "change " + std::to_string(change.number) + ", version " +
           std::to_string(change.version);
  };
  doubt_ = "document " + item.key + " has " + words(next) + ", which cannot follow " +
           words(told_.last(item.exact)) + ", which was published";
  return false;
}

/// Whether this source knows all that was released, and so all that was told of documents whose
/// journals are empty. One release may have been done without an answer.
bool RethinkSource::nobody_else_released(const Registration& registered) const {
  return registered.released == released_ ||
         (registered.released == released_ + 1 && registered.by == releases_.name());
}

void RethinkSource::note_release(std::uint64_t released) {
  if (released != released_ + 1) told_.clear();
  released_ = released;
}

/// Registers it, so that no relay that starts goes on as if nothing was. If that fails, it is found
/// again.
Error RethinkSource::contradicted(const std::stop_token& stop) {
  const std::string doubt = std::exchange(doubt_, {});
  auto standing = standing_of(session_, stop);
  if (!standing) return std::move(standing.error());
  if (!standing->registered || !nobody_else_released(*standing->registered)) {
    told_.clear();
    return {.remedy = Remedy::retry,
            .origin = Origin::source,
            .name = "source.unavailable",
            .message = "another relay has published changes of " + options_.words(),
            .next = {}};
  }
  auto noted =
      session_.ask(note_doubt(standing->names, doubt, standing->registered->released), stop);
  if (!noted) return std::move(noted.error());
  standing->registered->doubt = doubt;
  Error error = doubted(*standing);
  // Where there is a policy, open() carries it out.
  if (options_.policies.on_lost != sources::OnLost::stop) error.remedy = Remedy::retry;
  return error;
}

/// The document's changes up to the one that a position names were returned.
void RethinkSource::note_found(const JournaledDocument& document) {
  const std::string exact = exact_key(document.key);
  const std::uint64_t number = published_.number_of(exact);
  for (const Pending& each : document.pending) {
    if (each.number == number) {
      told_.returned(exact, {.number = number, .version = each.version});
    }
  }
}

}  // namespace headwater::rethinkdb
