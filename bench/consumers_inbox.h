// What an inbox costs, in each database: 500 upserts in a transaction, with their events claimed and
// without; and with ten million ids in the inbox.
#pragma once

#include <headwater/inbox/inbox.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/measurements.h"

namespace headwater::bench {

constexpr std::int64_t inbox_batch = 500;     ///< Upserts, each for an event.
constexpr std::int64_t inbox_rows = 100'000;  ///< Of the table that they change.
constexpr const char* inbox_source = "sqlite:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11";
/// The id of an event is this and its number.
constexpr const char* inbox_id = "0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:";

/// A consumer's database: a table of `inbox_rows` rows to keep, and an inbox.
class InboxSite {
 public:
  virtual ~InboxSite() = default;

  /// One transaction of `inbox_batch` upserts, in which the events are claimed first if `claims`.
  /// `last`: the last event's number.
  virtual Result<void> apply(std::span<const client::Delivery> deliveries, std::int64_t last,
                             bool claims) = 0;
  /// As if the events 1 to `ids` had been applied before.
  virtual Result<void> remember(std::int64_t ids) = 0;
};

/// Compares a site with an empty inbox, which is used with it and without, and one with ten million
/// ids. `kind` is part of the measurement's name.
Result<Findings> compare_inboxes(const Options& options, const std::string& kind,
                                 const std::string& database, InboxSite& empty, InboxSite& filled);

}  // namespace headwater::bench
