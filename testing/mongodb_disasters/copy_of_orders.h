// A service downstream, which builds a copy of shop.orders from the events.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "src/json/json.h"
#include "testing/mongodb_disasters/pipeline.h"

namespace headwater::rig {

/// It forgives nothing: an insert of a document that is there, an update or a delete of one that is
/// not, an event of anything else. Reads the stream by plain SQL. One thread.
class CopyOfOrders {
 public:
  explicit CopyOfOrders(std::string events_file) : events_file_(std::move(events_file)) {}

  /// Applies all that is in the stream now; what is wrong with it, empty if nothing is.
  [[nodiscard]] std::string catch_up();
  /// Events applied.
  [[nodiscard]] std::uint64_t applied() const { return applied_; }
  /// The copy against the collection; empty if they agree.
  [[nodiscard]] std::string difference(const std::string& uri) const;

 private:
  [[nodiscard]] bool apply(const Json& data);

  std::string events_file_;
  std::map<std::string, Json> orders_;  // by the key, as JSON
  std::int64_t sequence_ = 0;
  std::uint64_t applied_ = 0;
};

}  // namespace headwater::rig
