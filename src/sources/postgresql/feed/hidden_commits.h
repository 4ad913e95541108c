// Commits that the log has already, and that others do not see yet.
#pragma once

#include <stop_token>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/visibility.h"

namespace headwater::postgresql {

/// Blocks until every commit that is in the log now is visible to others. A commit is hidden for a
/// moment, and for longer while it waits for a synchronous standby. A transaction that somebody
/// leaves open is waited for only for about a second. Fails after some seconds with retry,
/// `source.commit_not_visible`; `stop` ends it with `source.stopped`.
Result<void> wait_for_hidden_commits(Server& server, const std::stop_token& stop);

/// Blocks until this commit, which is in the log, is visible to others. Fails after half a second with
/// retry, `source.commit_not_visible`.
Result<void> wait_for_commit(Server& server, Xid xid, const std::stop_token& stop);

[[nodiscard]] Error commit_not_visible();

}  // namespace headwater::postgresql
