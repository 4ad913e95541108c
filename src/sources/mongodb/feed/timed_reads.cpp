#include "src/sources/mongodb/feed/timed_reads.h"

#include <algorithm>
#include <utility>

namespace headwater::mongodb {

Result<void> TimedReads::begin() {
  time_ = {};
  started_ = false;
  out_of_reach_ = false;
  if (facts_.snapshot_reads()) return {};
  // A transaction of an older server reads at the time it is given, but does not report the time at
  // which it read without one: src/mongo/db/transaction_participant.cpp, _setReadSnapshot.
  auto facts = connection_->facts();
  if (!facts) return failed(facts);
  time_ = facts->majority;
  transaction_ = connection_->next_transaction();
  return {};
}

Result<Doc> TimedReads::run(const std::string& database, Doc command) {
  const bool more = find(command.get(), "getMore").has_value();
  if (facts_.snapshot_reads()) {
    Doc concern;
    concern.add("level", "snapshot");
    if (!time_.null()) concern.add("atClusterTime", time_);
    if (!more) command.add("readConcern", concern);
  } else {
    command.add("txnNumber", transaction_).add("autocommit", false);
    if (!started_) {
      Doc concern;
      concern.add("level", "snapshot").add("atClusterTime", time_);
      command.add("startTransaction", true).add("readConcern", concern);
    }
  }
  started_ = true;
  auto answer = connection_->send(database, command);
  if (!answer) {
    out_of_reach_ =
        answer.error().is(Code::snapshot_unavailable) || answer.error().is(Code::snapshot_too_old);
    return fail(to_error(answer.error(), "reading " + database + " for the snapshot"));
  }
  if (facts_.snapshot_reads() && !more) {
    time_ = find_time(answer->get(), "cursor.atClusterTime").value_or(time_);
  }
  return std::move(*answer);
}

void TimedReads::end() {
  if (facts_.snapshot_reads() || !started_) return;
  Doc abort;
  abort.add("abortTransaction", 1).add("txnNumber", transaction_).add("autocommit", false);
  // It only read. If this fails the server ends it by itself after a minute.
  (void)connection_->send("admin", abort);
}

Result<void> TimedReads::wait_for_majority(const std::string& database,
                                           const std::string& collection, ClusterTime not_before) {
  auto asked = connection_->run("admin", Doc().add("ping", 1));
  if (!asked) return failed(asked);
  const ClusterTime now =
      std::max(not_before, find_time(asked->get(), "operationTime").value_or(ClusterTime{}));
  Doc concern;
  concern.add("level", "majority");
  if (!now.null()) concern.add("afterClusterTime", now);
  Doc command;
  command.add("find", collection).add("limit", 1).add("readConcern", concern);
  auto waited = connection_->run(database, command, "waiting for the majority");
  if (!waited) return failed(waited);
  return {};
}

}  // namespace headwater::mongodb
