// What a consumer calls with its events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/event/event.h"

namespace headwater::consumer {

/// Events that are handed over together, in the order of the stream.
struct Events {
  std::vector<StoredEvent> events;
  /// The consumer's place as last acknowledged: nothing up to it comes again.
  std::uint64_t acknowledged = 0;
  unsigned worker = 0;
};

/// What became of them.
struct Handled {
  /// Indexes of those that are not done, rising; empty: all are done.
  std::vector<std::size_t> left{};
  /// Why, by index, of those left that have failed themselves. The others left were not tried to the
  /// end, and are handed over again.
  std::map<std::size_t, Error> failures{};
  /// What failed that is not the failure of one event. Without `failures`, any event that is left may
  /// be the cause, and each is handed over by itself.
  std::optional<Error> cause{};
  /// No event is to blame, but the handler itself: this is not an attempt, and no reason for a dead
  /// letter.
  bool blameless = false;

  /// For handlers that do all or nothing.
  static Handled nothing(std::size_t events, Error cause) {
    Handled handled;
    for (std::size_t i = 0; i < events; ++i) handled.left.push_back(i);
    if (events == 1) {
      handled.failures.emplace(0, std::move(cause));
    } else {
      handled.cause = std::move(cause);
    }
    return handled;
  }
};

/// Called with the index of an event as soon as it is done; then it is acknowledged, even if the
/// others take long. Those that are not left in the end need no call.
using EventDone = std::function<void(std::size_t index)>;

/// Each worker has one, and calls it from its own thread.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Blocks until all are done or one has failed. An event must not be done before an earlier one of
  /// the same partition key. Remedy::stop in a cause: trying again does not help. Ends soon after
  /// `stop` is requested, if it can; what it has not done by then comes again.
  virtual Handled handle(const std::shared_ptr<const Events>& events, const EventDone& done,
                         std::stop_token stop) = 0;
};

}  // namespace headwater::consumer
