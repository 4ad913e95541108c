// Three real servers that elect one of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// Elections take a second or two. One thread.
class MongoReplicaSet {
 public:
  /// All of them up, with a primary and two secondaries. `options` are each member's, which is real
  /// and has neither logins nor TLS.
  explicit MongoReplicaSet(MongoOptions options = {});

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] MongoServer& member(std::size_t index) { return *members_[index]; }
  /// Names all members.
  [[nodiscard]] std::string uri() const;

  /// Waits until one of those that are up, other than `not_this`, is primary.
  std::size_t primary(std::size_t not_this = static_cast<std::size_t>(-1));
  /// Waits until each of them is primary or secondary.
  void wait_until_whole();
  /// The primary steps down, and another one steps up.
  void elect_another();

 private:
  std::vector<std::unique_ptr<MongoServer>> members_;
};

}  // namespace headwater::rig
