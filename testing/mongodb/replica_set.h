// A replica set of three real servers.
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
  /// Returns once there are a primary and two secondaries. `options` apply to each member, which is
  /// a real server without logins and TLS.
  explicit MongoReplicaSet(MongoOptions options = {});

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] MongoServer& member(std::size_t index) { return *members_[index]; }
  /// An address with all members.
  [[nodiscard]] std::string uri() const;

  /// Waits until a running member other than `not_this` is primary. Returns its index.
  std::size_t primary(std::size_t not_this = static_cast<std::size_t>(-1));
  /// Waits until every member is primary or secondary.
  void wait_until_whole();
  /// Makes the primary step down, and waits for another one.
  void elect_another();

 private:
  std::vector<std::unique_ptr<MongoServer>> members_;
};

}  // namespace headwater::rig
