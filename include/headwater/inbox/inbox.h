// An inbox remembers which events a consumer has applied, in the consumer's own database and in the
// consumer's own transaction. So applying an event and remembering it are one step, and an event
// that comes again is recognized, whatever happened in between. docs/consumers.md explains it, and
// docs/formats/inbox.md specifies what is stored.
#pragma once

#include <headwater/event.h>
#include <headwater/result.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace headwater::client {

/// What every inbox needs to know.
///
/// Every call of an inbox may fail as its database does, with the database's own words: with
/// Remedy::retry `inbox.busy` (others hold a lock, or claimed the same event at the same time: roll
/// back and start again), `inbox.read_only`, `inbox.full` and `inbox.connection_lost`; with
/// Remedy::stop `inbox.denied` (a right is missing) and `inbox.failed`.
struct InboxOptions {
  /// The consumer's name. Each consumer has an inbox of its own; opening another's fails with
  /// `inbox.other_consumer`. At most 200 bytes, without NUL.
  std::string consumer;
  /// How long an id is remembered after it was claimed, by the database's clock. Ids of events that
  /// the stream may deliver again (those beyond the acknowledged place) are kept longer.
  std::chrono::seconds keep{std::chrono::days(7)};
  /// The shortest `keep` that is safe for the stream that the events come from:
  /// Stream::least_keep(). Less is refused with `inbox.keep_too_short`.
  std::chrono::seconds least_keep{std::chrono::days(1)};
  /// The table's or collection's name, or the prefix of the keys. Made if it is missing. At most 50
  /// letters, digits and `_`; for Redis also `{`, `}`, `:`, `.` and `-`.
  std::string table = "headwater_inbox";
  /// Workers that use one inbox at the same time each have a number: Batch::worker().
  unsigned worker = 0;
};

}  // namespace headwater::client
