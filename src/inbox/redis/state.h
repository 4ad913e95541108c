// What a RedisInbox holds.
#pragma once

#include <headwater/inbox/redis.h>

#include <memory>
#include <string>
#include <vector>

#include "src/inbox/redis/marks.h"
#include "src/inbox/redis/server.h"
#include "src/inbox/shared/errors.h"

namespace headwater::client {

struct RedisInbox::State {
  State(redisContext* context, InboxOptions chosen);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // keys.cpp
  Result<void> make_and_check();
  Result<void> check_types();
  /// Fails with `inbox.may_be_evicted`.
  Result<void> check_eviction();

  // forget.cpp
  struct Clock {
    std::int64_t now = 0;
    std::vector<inbox::Mark> marks;
  };
  Result<Clock> read_clock();
  Result<bool> forget(const inbox::Forgetting& plan, const Clock& clock,
                      std::uint64_t acknowledged);

  const InboxOptions options;
  inbox::Server server;
  std::string meta;   // a hash
  std::string ids;    // a sorted set: an id's score is its sequence
  std::string marks;  // a sorted set: a place's score is a time
  bool open = false;  // between begin() and commit() or discard()
};

}  // namespace headwater::client
