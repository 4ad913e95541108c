// A replication slot as a log of changes, for the snapshot join.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/reused_queue.h"
#include "src/sources/postgresql/feed/change_maker.h"
#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed/replication.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/shapes.h"
#include "src/sources/postgresql/feed/transaction.h"
#include "src/sources/postgresql/feed/visibility.h"
#include "src/sources/shared/change_log.h"

namespace headwater::postgresql {

/// A point of the log is a transaction's commit record; its `low` is the transaction's number.
///
/// seek() and start() only compare positions. The slot is taken when changes are first waited for,
/// so that looking at it disturbs no relay that reads it.
class PgLog final : public sources::ChangeLog {
 public:
  /// `link` is used for the first opening. `clock` must outlive it.
  PgLog(std::shared_ptr<Server> server, ReplicationLink link, std::shared_ptr<Returned> returned,
        const Clock& clock);

  // pg_log_open.cpp
  Result<sources::Place> seek(const Position& position, const std::stop_token& stop) override;
  Result<void> start(sources::StartAt where, const std::stop_token& stop) override;
  void stop() override;
  void want_keys(bool wanted) override { returned_->keep(wanted); }
  [[nodiscard]] sources::Mark opened() const override { return {.point = {.high = opened_}}; }
  void describe_gap(Change& gap, const Position& lost) const override;
  [[nodiscard]] std::optional<SourceLag> lag(const Position& position) const override;
  Result<UntilLoss> until_loss(const Position& position) override;
  Result<void> release(const Durable& durable) override;
  [[nodiscard]] Milliseconds tend_interval() const override;
  Result<void> tend() override;

  // pg_log.cpp
  Result<sources::LogChange*> next() override;
  void take() override;
  [[nodiscard]] std::size_t at_hand() const override;
  /// Those that next() can give without waiting, in order.
  template <class Visit>
  void each_at_hand(const Visit& visit) const {
    auto next = front_taken_ ? std::next(queue_.begin()) : queue_.begin();
    for (std::size_t left = at_hand(); left > 0; --left) visit((next++)->change);
  }
  Result<sources::Came> wait(Milliseconds wait, bool soon, const std::stop_token& stop) override;
  void take_end() override;
  [[nodiscard]] sources::LogPoint taken() const override { return taken_; }
  [[nodiscard]] sources::Mark mark(sources::LogPoint point) const override;
  [[nodiscard]] bool reached(const sources::Mark& mark) const override;
  [[nodiscard]] Position position(const sources::Place& place) const override {
    return encode(head_, at_, place);
  }

 private:
  struct Next {
    sources::LogChange change{};
    Cursor after{};
    std::size_t bytes = 0;
  };

  // pg_log_open.cpp
  Result<void> look_again(const std::stop_token& stop);
  Result<void> go_to(const Cursor& at, const std::stop_token& stop);
  Result<bool> take_slot(const std::stop_token& stop);
  [[nodiscard]] Error error_of(Failure failure);
  Result<void> report(bool reply);

  // pg_log.cpp
  Result<void> receive();
  Result<void> forget_visible();
  Result<void> keepalive(const Received& received);
  Result<void> data(const Received& received);
  Result<void> begin(const pgoutput::Begin& begin);
  void commit(const pgoutput::Commit& commit);
  Result<void> changes(const pgoutput::Message& message, Lsn record, std::size_t bytes);
  void drop_taken();
  bool end_came();
  [[nodiscard]] Error silent() const;
  Result<void> keep_alive(bool reply);
  Result<void> ask_for_end(const std::stop_token& stop);
  [[nodiscard]] Milliseconds longest_sleep() const;

  std::shared_ptr<Server> server_;
  std::optional<ReplicationLink> link_;  // until the slot is taken
  Timelines timelines_;
  std::shared_ptr<Returned> returned_;
  const Clock* clock_;
  std::string head_;
  Shapes shapes_;
  ChangeMaker maker_;

  std::optional<Replication> feed_;  // while the slot is taken
  Cursor at_;                        // of what was taken
  sources::LogPoint taken_;
  std::optional<Record> skip_;  // of the first transaction, up to here
  Lsn opened_ = 0;

  std::optional<OpenTransaction> transaction_;
  std::vector<Change> made_;
  ReusedQueue<Next> queue_;
  bool back_held_ = false;  // the newest may be its transaction's last, and is not at hand
  std::size_t queued_bytes_ = 0;
  bool front_taken_ = false;
  std::optional<Cursor> passed_;  // after a transaction without changes

  Lsn end_ = 0;                 // everything before it is in the queue, or was taken
  std::atomic<Lsn> seen_{0};    // the end of the server's log, at the last look
  mutable Lsn wanted_end_ = 0;  // somebody waits for it
  Lsn told_end_ = 0;            // Came::end was last returned there
  SteadyTime told_at_{};
  Lsn flushed_ = 0;   // may be confirmed
  Lsn reported_ = 0;  // was
  SteadyTime reported_at_{};
  SteadyTime heard_at_{};  // from the server
  SteadyTime asked_at_{};  // for a keepalive
  int asked_ = 0;          // since the end moved
};

}  // namespace headwater::postgresql
