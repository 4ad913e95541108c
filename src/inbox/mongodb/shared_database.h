// The database of this room's test program.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "testing/mongodb/shared_server.h"

namespace headwater::testing {

/// Empty when it is made, except for an empty collection of effects. One at a time.
class InboxDatabase {
 public:
  InboxDatabase();

  [[nodiscard]] const std::string& uri() const { return uri_; }
  [[nodiscard]] rig::MongoShell& shell() { return shell_; }
  /// The ids in the collection `inbox`.
  std::vector<std::string> ids();
  /// The TTL index's period, in seconds; -1: there is no such index.
  std::int64_t period();
  /// Makes the ids older, and removes what the TTL index would: its monitor runs once a minute.
  void age(std::chrono::seconds by);

 private:
  const std::string uri_;
  rig::MongoShell shell_;
};

}  // namespace headwater::testing
