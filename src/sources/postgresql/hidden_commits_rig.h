// Commits that wait for a synchronous standby: the log has them, and others do not see them.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "src/sources/postgresql/feed_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::postgresql {

class CommitsThatWait : public Feed {
 protected:
  CommitsThatWait() {
    sql("CREATE TABLE t(id int PRIMARY KEY, v text)");
    sql("CREATE TABLE probe(id int)");
    options_.tables = {"t"};
  }
  ~CommitsThatWait() override { release(); }

  /// From here on, no commit is visible until release(). The server takes notice of the setting
  /// when it likes to.
  void hold_commits() {
    sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    sql("SELECT pg_reload_conf()");
    while (!hangs("INSERT INTO probe VALUES (1)")) writer_.join();
    sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    writer_.join();
  }
  /// Whether this commit waits now; else it is done.
  bool hangs(const std::string& statement) {
    written_ = false;
    writer_ = std::jthread([this, statement] {
      testing::PgShell(server().address(name_)).ask(statement);
      written_ = true;
    });
    EXPECT_TRUE(rig::wait_until([this] { return written_ || some("wait_event = 'SyncRep'"); }));
    return !written_;
  }
  void release() {
    sql("ALTER SYSTEM RESET synchronous_standby_names");
    sql("SELECT pg_reload_conf()");
    if (writer_.joinable()) writer_.join();
  }
  bool some(const std::string& sessions) {
    return sql("SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND " + sessions)
               .rows() > 0;
  }
  /// The commits are visible once `work` waits for them, or is over because it does not.
  void release_during(const std::function<void()>& work) {
    std::atomic<bool> over = false;
    const std::jthread worker([&] {
      work();
      over = true;
    });
    EXPECT_TRUE(rig::wait_until([&] { return over || looks_for_waits(); }));
    release();
  }
  bool looks_for_waits() { return some("query LIKE '%SyncRep%'"); }

  std::atomic<bool> written_ = false;
  std::jthread writer_;
};

}  // namespace headwater::postgresql
