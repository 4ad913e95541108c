// The inbox in a MongoDB database of a replica set or a sharded cluster, version 4.4 or newer.
#pragma once

#include <headwater/inbox/inbox.h>

#include <functional>
#include <memory>

// libmongoc's: mongoc_client_t and mongoc_client_session_t.
struct _mongoc_client_t;
struct _mongoc_client_session_t;

namespace headwater::client {

/// One thread. Uses the caller's client and sessions of that client, which must outlive it.
///
/// A TTL index removes ids older than `keep`, acknowledged or not, so there is no forget_some().
/// What this worker has claimed beyond the acknowledged place is also kept in a document of its
/// own, and stays known however long the consumer is down.
class MongoInbox {
 public:
  /// Makes the collection and its TTL index if they are missing, checks them, and changes the
  /// index's period if `keep` has changed. Fails with `inbox.bad_options`, `inbox.keep_too_short`,
  /// `inbox.other_consumer`, `inbox.other_shape` (stop), or as MongoDB does.
  static Result<MongoInbox> open(_mongoc_client_t* client, const std::string& database,
                                 InboxOptions options);

  MongoInbox(MongoInbox&&) noexcept;
  MongoInbox& operator=(MongoInbox&&) noexcept;
  ~MongoInbox();

  /// Claims the events inside the session's open transaction. [i] is true if deliveries[i] is new:
  /// apply it in the same transaction. If the transaction is aborted, so are the claims. Two
  /// deliveries of one event in one call: the first is new. `acknowledged`: the consumer's place,
  /// Batch::acknowledged().
  ///
  /// MongoDB itself aborts the transaction if this fails; with `inbox.busy`, which includes every
  /// TransientTransactionError, start it again. Without a transaction it fails with
  /// `inbox.no_transaction`. Commit with the write concern "majority": a failover undoes less.
  Result<std::vector<bool>> claim(_mongoc_client_session_t* session,
                                  std::span<const Delivery> deliveries, std::uint64_t acknowledged);

  /// All of it: starts a transaction with majority concern, claims the batch, calls `apply` for
  /// each new event, and commits. If `apply` fails, aborts and returns its error.
  Result<void> apply(_mongoc_client_session_t* session, const Batch& batch,
                     const std::function<Result<void>(const Event&)>& apply);

 private:
  struct State;
  explicit MongoInbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::client
