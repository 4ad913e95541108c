// The entries of a service's journal, in the order of their numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/sources/rethinkdb/feed/wake_feed.h"
#include "src/sources/rethinkdb/journal_table/entry.h"
#include "src/sources/rethinkdb/options.h"
#include "src/sources/rethinkdb/server/session.h"
#include "src/sources/shared/queued_log.h"

namespace headwater::rethinkdb {

/// After an entry. {"v":1,"table":ID,"number":N,"stamp":STAMP}
struct JournalPlace {
  std::string table{};
  std::uint64_t number = 0;
  std::string stamp{};  ///< Of that entry; empty: before the first.
};

[[nodiscard]] Position encode_place(const JournalPlace& place);
/// Fails with stop, `source.bad_position`.
Result<JournalPlace> decode_place(const Position& position);

/// A number that is missing while a later one is there is read again, because a read is not one moment
/// of all shards; then it is lost history.
class TableLog final : public sources::QueuedLog<JournalPlace> {
 public:
  /// `clock` must outlive it. `table_id`: the server's uuid of the journal.
  TableLog(SourceOptions options, std::string table_id, const Clock& clock);

  Result<sources::Place> seek(const Position& position, const std::stop_token& stop) override;
  Result<void> start(sources::StartAt where, const std::stop_token& stop) override;
  void stop() override;
  [[nodiscard]] Position position(const sources::Place& place) const override;
  void describe_gap(Change& gap, const Position& lost) const override;

 private:
  Result<sources::LogPoint> fetch(sources::LogPoint read) override;
  void sleep(Milliseconds longest, const std::stop_token& stop) override;

  Result<std::vector<JournalEntry>> entries_after(std::uint64_t number, std::size_t count);
  Result<std::vector<JournalEntry>> next_entries(std::uint64_t number, std::size_t count);
  Result<std::optional<JournalEntry>> newest_entry(const std::stop_token& stop);
  Result<std::optional<JournalEntry>> first_after(std::uint64_t number,
                                                  const std::stop_token& stop);
  Result<std::optional<JournalEntry>> one_of(const Term& entries, const std::stop_token& stop);
  Result<void> check(const JournalPlace& place, const std::stop_token& stop);
  Result<void> check_next(std::uint64_t number, const std::stop_token& stop);
  [[nodiscard]] Error missing(std::uint64_t number) const;
  Result<void> watch(const std::stop_token& stop);

  SourceOptions options_;
  std::string table_id_;
  Session session_;
  WakeFeed wake_;
  std::uint64_t lost_ = 0;      // the last entry before what may be missing
  std::optional<Error> woken_;  // why the feed has ended, for the next fetch
};

}  // namespace headwater::rethinkdb
