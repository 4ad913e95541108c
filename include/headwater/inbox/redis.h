// The inbox in Redis, version 6.2 or newer.
#pragma once

#include <headwater/inbox/inbox.h>

#include <functional>
#include <memory>

// hiredis's.
struct redisContext;

namespace headwater::client {

/// One thread. Uses the caller's blocking connection, which must outlive it.
///
/// Redis has no transaction that can be rolled back after a command has failed at run time, and no
/// lock on one id: a transaction of another worker between begin() and commit() makes commit() fail
/// with `inbox.busy`. In a cluster all keys of a transaction are in one slot, so `table` has the
/// hash tag of the caller's keys: "{shop}:inbox".
class RedisInbox {
 public:
  /// Makes the keys if they are missing, and checks them. Not after MULTI. Fails with
  /// `inbox.bad_options`, `inbox.keep_too_short`, `inbox.other_consumer`, `inbox.other_shape`,
  /// `inbox.may_be_evicted` (stop; the server's maxmemory-policy is allkeys-*), or as Redis does.
  static Result<RedisInbox> open(redisContext* connection, InboxOptions options);

  RedisInbox(RedisInbox&&) noexcept;
  RedisInbox& operator=(RedisInbox&&) noexcept;
  ~RedisInbox();

  /// Begins a transaction that claims the events: WATCH, MULTI and the claim, in one round trip.
  /// [i] is true if deliveries[i] is new: apply it with commands on the same connection, which the
  /// server queues. Two deliveries of one event in one call: the first is new. Fails with
  /// `inbox.lost` (stop) if the keys were deleted since open(). After a failure there is no
  /// transaction.
  Result<std::vector<bool>> begin(std::span<const Delivery> deliveries);

  /// EXEC: claims and commands take effect together. `unread`: how many of the commands were sent
  /// with redisAppendCommand() and their replies (QUEUED) not read; commit() reads them.
  ///
  /// Fails with `inbox.busy` if somebody else has claimed or forgotten ids since begin(), and with
  /// `inbox.refused` (stop) if Redis did not accept one of the commands: nothing has taken effect.
  /// `inbox.command_failed` (stop): one of the commands failed at run time, and all others have
  /// taken effect, which Redis cannot undo.
  Result<void> commit(std::size_t unread = 0);

  /// DISCARD: as if begin() had not been called.
  Result<void> discard(std::size_t unread = 0);

  /// Forgets some ids that are older than `keep` and not beyond `acknowledged`: at most a few
  /// hundred. Not between begin() and commit(). Returns true if there may be more.
  Result<bool> forget_some(std::uint64_t acknowledged);

  /// All of it: begins, calls `apply` for each new event, commits, and forgets some. `apply` must
  /// read the replies of its commands. If it fails, discards and returns its error.
  Result<void> apply(const Batch& batch, const std::function<Result<void>(const Event&)>& apply);

 private:
  struct State;
  explicit RedisInbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::client
