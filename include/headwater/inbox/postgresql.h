// The inbox in a PostgreSQL database, version 14 or newer.
#pragma once

#include <headwater/inbox/inbox.h>

#include <functional>
#include <memory>

// libpq's: PGconn.
struct pg_conn;

namespace headwater::client {

/// One thread. Uses the caller's connection, which must outlive it, blocks, and must not have a
/// query or COPY under way. Prepares nothing on it, so the connection may go through a pooler.
class PostgresInbox {
 public:
  /// Makes the tables if they are missing, in the first schema of the search path, and checks them.
  /// Not inside a transaction. Fails with `inbox.bad_options`, `inbox.keep_too_short`,
  /// `inbox.other_consumer`, `inbox.other_shape`, `inbox.in_transaction` (stop), or as PostgreSQL
  /// does.
  static Result<PostgresInbox> open(pg_conn* connection, InboxOptions options);

  PostgresInbox(PostgresInbox&&) noexcept;
  PostgresInbox& operator=(PostgresInbox&&) noexcept;
  ~PostgresInbox();

  /// Claims the events inside the caller's open transaction, all at once. [i] is true if
  /// deliveries[i] is new: apply it in the same transaction. If the transaction is rolled back, so
  /// are the claims. Two deliveries of one event in one call: the first is new. Uses the savepoint
  /// headwater_inbox.
  ///
  /// Waits for another transaction that has claimed one of the events and is still open. Roll back
  /// if it fails. Without a transaction it fails with `inbox.no_transaction`.
  Result<std::vector<bool>> claim(std::span<const Delivery> deliveries);

  /// Forgets some ids that are older than `keep` and not beyond `acknowledged`: at most a few
  /// hundred, in a short transaction of its own that waits for nobody. Not inside a transaction.
  /// Returns true if there may be more.
  Result<bool> forget_some(std::uint64_t acknowledged);

  /// All of it: begins a transaction, claims the batch, calls `apply` for each new event, commits,
  /// and forgets some. If `apply` fails, rolls back and returns its error.
  Result<void> apply(const Batch& batch, const std::function<Result<void>(const Event&)>& apply);

 private:
  struct State;
  explicit PostgresInbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::client
