// One changefeed: what its client has not been told yet.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "src/base/wake.h"
#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/value.h"

namespace headwater::rethinkdb::stand_in {

class Store;

/// Only with the store's lock. Its table knows it as long as it exists.
class Feed {
 public:
  /// Puts what is there already into the queue if the plan says so. `wake`: is signalled when there
  /// is something to send.
  Feed(FeedPlan plan, std::shared_ptr<Wake> wake);

  [[nodiscard]] const FeedPlan& plan() const { return plan_; }
  /// A document has changed; null: there is none.
  void see(Store& store, const Datum& key, const Datum& before, const Datum& after);
  /// Nothing comes any more, and what is there is dropped.
  void abort();

  [[nodiscard]] bool aborted() const { return aborted_; }
  [[nodiscard]] bool has_something() const { return !queue_.empty() || skipped_ != 0; }
  /// Whether the next comes in an answer of its own, as the server sends it.
  [[nodiscard]] bool next_is_alone() const;
  /// The next; there must be one. A queue that overflowed gives an error, once, before what came
  /// later.
  Datum take();

 private:
  [[nodiscard]] bool watches(Store& store, const Datum& key, const Datum& document) const;
  void push(Datum entry);
  [[nodiscard]] Datum entry_of(const Datum& before, const Datum& after) const;
  void begin();
  [[nodiscard]] Datum state(const char* name) const;

  FeedPlan plan_;
  std::shared_ptr<Wake> wake_;
  std::deque<Datum> queue_;
  std::size_t first_entries_ = 0;  // of the queue, which do not count towards its size
  std::size_t skipped_ = 0;
  bool aborted_ = false;
};

}  // namespace headwater::rethinkdb::stand_in
