#include "src/sources/postgresql/feed/hidden_commits.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "src/base/number_in.h"
#include "src/base/wait_for.h"
#include "src/ports/stopped.h"

namespace headwater::postgresql {
namespace {

constexpr Milliseconds between_looks{10};
// After these, a commit is hidden only because it waits for a standby.
constexpr int grace_tries = 100;
constexpr int most_tries = 500;
// For one commit.
constexpr int most_commit_tries = 50;

Result<Snapshot> snapshot_now(Server& server, const std::stop_token& stop) {
  auto seen = server.ask("SELECT pg_current_snapshot()", {}, stop);
  if (!seen) return failed(seen);
  return Snapshot::from(seen->view(0, 0)).value_or(Snapshot());
}

/// Each transaction that is not over for others holds a lock on its number. A snapshot names only
/// those that are older than one that is over.
Result<std::vector<Xid>> running(Server& server, const std::stop_token& stop) {
  auto locks = server.ask(
      "SELECT transactionid FROM pg_locks "
      "WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted",
      {}, stop);
  if (!locks) return failed(locks);
  std::vector<Xid> xids;
  xids.reserve(static_cast<std::size_t>(locks->rows()));
  for (int row = 0; row < locks->rows(); ++row) {
    xids.push_back(static_cast<Xid>(number_in(locks->view(row, 0))));
  }
  return xids;
}

enum class Standby {
  none_waits,
  some_wait,
  not_configured,  ///< None is waited for, but who has waited may not know that yet.
  unknown,
};

/// Whether one of these transactions waits for a standby. A session without a number that waits
/// commits a prepared transaction. Who may not see other users' sessions has to expect the worst.
Result<Standby> look_for_waits(Server& server, const std::vector<Xid>& xids,
                               const std::stop_token& stop) {
  std::string list = "{";
  for (const Xid xid : xids) list += (list.size() > 1 ? "," : "") + std::to_string(xid);
  auto found = server.ask(
      "SELECT pg_has_role('pg_read_all_stats', 'USAGE'), "
      "current_setting('synchronous_standby_names') = '', "
      "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
      "AND (backend_xid IS NULL OR backend_xid = ANY ($1::xid[])))",
      {list + "}"}, stop);
  if (!found) return failed(found);
  if (found->flag(0, 2)) return Standby::some_wait;
  if (found->flag(0, 0)) return Standby::none_waits;
  return found->flag(0, 1) ? Standby::not_configured : Standby::unknown;
}

/// The relay's user does not see whose transactions they are.
Error not_allowed_to_see() {
  Error error = commit_not_visible();
  error.message =
      "transactions are open, and the relay's user may not see whether they wait for a "
      "standby";
  error.next = "GRANT pg_read_all_stats TO the relay's user";
  return error;
}

}  // namespace

Error commit_not_visible() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.commit_not_visible",
          .message = "a committed transaction is not visible to others yet",
          .next =
              "look for commits that wait for a standby: SELECT * FROM pg_stat_activity WHERE "
              "wait_event = 'SyncRep'"};
}

Result<void> wait_for_commit(Server& server, Xid xid, const std::stop_token& stop) {
  for (int tries = 0; tries < most_commit_tries; ++tries) {
    if (tries > 0 && !wait_for(between_looks, stop)) return fail(stopped(Origin::source));
    auto snapshot = snapshot_now(server, stop);
    if (!snapshot) return failed(snapshot);
    if (snapshot->shows(xid)) return {};
  }
  return fail(commit_not_visible());
}

/// Which of the transactions that are running have committed does not show.
Result<void> wait_for_hidden_commits(Server& server, const std::stop_token& stop) {
  auto found = running(server, stop);
  if (!found) return failed(found);
  std::vector<Xid> hidden = *std::move(found);
  Standby standby = Standby::unknown;
  int not_configured = 0;  // since so many looks
  for (int tries = 0; !hidden.empty(); ++tries) {
    if (tries == most_tries) {
      return fail(standby == Standby::unknown ? not_allowed_to_see() : commit_not_visible());
    }
    if (!wait_for(between_looks, stop)) return fail(stopped(Origin::source));
    auto snapshot = snapshot_now(server, stop);
    if (!snapshot) return failed(snapshot);
    std::erase_if(hidden, [&](Xid xid) { return snapshot->shows(xid); });
    if (tries < grace_tries || hidden.empty()) continue;
    auto waits = look_for_waits(server, hidden, stop);
    if (!waits) return failed(waits);
    standby = *waits;
    not_configured = standby == Standby::not_configured ? not_configured + 1 : 0;
    if (standby == Standby::none_waits || not_configured == grace_tries) return {};
  }
  return {};
}

}  // namespace headwater::postgresql
