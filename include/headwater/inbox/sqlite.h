// The inbox in a SQLite database.
#pragma once

#include <headwater/inbox/inbox.h>

#include <functional>
#include <memory>

struct sqlite3;

namespace headwater::client {

/// One thread. Uses the caller's connection, which must outlive it.
class SqliteInbox {
 public:
  /// Makes the tables if they are missing, and checks them. Not inside a transaction. Fails with
  /// `inbox.bad_options`, `inbox.keep_too_short`, `inbox.other_consumer`, `inbox.other_shape`,
  /// `inbox.in_transaction` (stop), or as SQLite does.
  static Result<SqliteInbox> open(sqlite3* database, InboxOptions options);

  SqliteInbox(SqliteInbox&&) noexcept;
  SqliteInbox& operator=(SqliteInbox&&) noexcept;
  ~SqliteInbox();

  /// Claims the events inside the caller's open transaction. [i] is true if deliveries[i] is new:
  /// apply it in the same transaction. If the transaction is rolled back, so are the claims. Two
  /// deliveries of one event in one call: the first is new. Roll back if it fails. Without a
  /// transaction it fails with `inbox.no_transaction`.
  Result<std::vector<bool>> claim(std::span<const Delivery> deliveries);

  /// Forgets some ids that are older than `keep` and not beyond `acknowledged`: at most a few
  /// hundred, in a short transaction of its own. Not inside a transaction. Returns true if there
  /// may be more.
  Result<bool> forget_some(std::uint64_t acknowledged);

  /// All of it: begins a transaction, claims the batch, calls `apply` for each new event, commits,
  /// and forgets some. If `apply` fails, rolls back and returns its error.
  Result<void> apply(const Batch& batch, const std::function<Result<void>(const Event&)>& apply);

 private:
  struct State;
  explicit SqliteInbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::client
