// The source: a followed table's changes, each document's in order, each once.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/source.h"
#include "src/sources/rethinkdb/feed/last_told.h"
#include "src/sources/rethinkdb/feed/page_reader.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/feed/published.h"
#include "src/sources/rethinkdb/feed/releases.h"
#include "src/sources/rethinkdb/feed/removal_scan.h"
#include "src/sources/rethinkdb/feed/wake_feed.h"
#include "src/sources/rethinkdb/journal/standing.h"
#include "src/sources/rethinkdb/options.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// Reads the documents with pending changes in rounds: page after page to the end of the index, then
/// from its beginning, once the changefeed or a time-out says so. What a document has up to the last
/// change that was returned is left out, until the journal has forgotten it.
///
/// Positions name every document whose changes were returned and are not forgotten yet, so there are
/// bounds: once `most_unreleased` documents are returned, read() returns nothing more until some are
/// released.
///
/// A snapshot walks the table by its keys. A row is returned as it is, and what its journal has
/// pending counts as returned with it; changes of rows that are still to come wait. So each row and
/// each change is told once, without a point in time that all rows have in common.
class RethinkSource final : public Source {
 public:
  /// `clock` must outlive it.
  RethinkSource(SourceOptions options, std::string relay, const Clock& clock);
  ~RethinkSource() override { close(); }
  RethinkSource(const RethinkSource&) = delete;
  RethinkSource& operator=(const RethinkSource&) = delete;

  /// Asks the server who it is. Once, before anything else.
  Result<void> connect();

  /// Before everything that the journal has; and before the rows, if there is a snapshot.
  [[nodiscard]] Position first() const { return encode(beginning(options_.policies.snapshot)); }
  /// The same for a stream that is new. What the journal has forgotten is then missing in it.
  [[nodiscard]] Position beginning_of_stream() const;
  /// After everything that was written before connect(), by the server's clock.
  [[nodiscard]] Position latest() const;

  [[nodiscard]] std::string identity() const override { return "rethinkdb:" + standing_.names.id; }
  [[nodiscard]] bool has_beginning() const override { return options_.policies.snapshot; }
  using Source::open;
  Result<void> open(const Position& after, std::stop_token stop) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;
  Result<void> release(const Durable& durable) override;
  [[nodiscard]] std::optional<SourceLag> lag(const Position& position) const override;
  /// Waits for a second at the most for the release that is in progress, which would be cut short.
  void close() override;

 private:
  /// Documents that may be returned and not yet forgotten. A position has 16 bytes for each, and a
  /// stream may keep one with each event.
  static constexpr std::size_t most_unreleased = 500;
  /// Most queries take less. Whatever takes longer is found again by the next read.
  static constexpr Milliseconds query_patience{100};

  /// Something that was read, to be returned.
  struct Item {
    std::optional<Change> change{};  ///< Nothing: it is only to be left out from now on.
    std::string key{};               ///< JSON; empty: no document.
    std::string exact{};
    std::uint64_t number = 0;  ///< The document's changes up to it are returned with this; 0: none.
    std::uint64_t version = 0;  ///< Of that change.
    std::uint64_t newest = 0;   ///< The number of the document's last change, if `change` is one.
    bool is_missing = false;    ///< The document was deleted without a mark.
    bool is_walked = false;     ///< The snapshot has got to the key.
    bool ends_walk = false;
    bool ends_skipping = false;
  };

  void disconnect();
  Result<void> reopen(const Position& after, const std::stop_token& stop);
  Result<void> begin_at(const Position& after, const std::stop_token& stop);
  [[nodiscard]] Result<void> check_told(const RethinkPosition& at) const;
  Result<void> find_published(const RethinkPosition& at, const std::stop_token& stop);
  Result<void> go_on_after_loss(const Position& lost, const Error& loss,
                                const std::stop_token& stop);
  Result<void> start(RethinkPosition at, const std::stop_token& stop);
  [[nodiscard]] RethinkPosition beginning(bool snapshot) const;

  void give(const ReadLimits& limits, ChangeBatch& batch);
  [[nodiscard]] bool is_returned(const Item& item) const;
  [[nodiscard]] bool can_judge() const;
  bool fits(Item& item);
  void note_release(std::uint64_t released);
  Error contradicted(const std::stop_token& stop);
  [[nodiscard]] bool nobody_else_released(const Registration& registered) const;
  void note_found(const JournaledDocument& document);
  void return_item(Item& item);
  void set_position();
  Result<bool> fetch(SteadyTime until, const std::stop_token& stop);
  Result<bool> read_page(SteadyTime until, const std::stop_token& stop);
  Result<void> begin_page();
  Result<void> note_keys(const std::vector<JournaledDocument>& documents,
                         const std::stop_token& stop);
  Result<bool> scan_for_removed(const std::stop_token& stop);
  [[nodiscard]] Error silent() const;
  Result<bool> wait_for_more(SteadyTime until, const std::stop_token& stop);
  Result<bool> wait_for_release(SteadyTime until, const std::stop_token& stop);
  Result<void> look_around(const std::stop_token& stop);
  Result<void> collect_releases(Milliseconds longest, const std::stop_token& stop);
  Result<void> purge(const std::stop_token& stop);

  void queue_pending(JournaledDocument document);
  void queue_row(JournaledDocument document);
  void queue_change(const JournaledDocument& document, const std::string& exact, Pending pending);
  void queue(Item item);
  void end_page();
  void note_lag(const std::vector<JournaledDocument>& documents);
  [[nodiscard]] Milliseconds left_until(SteadyTime until) const;
  [[nodiscard]] bool walks() const { return at_.snapshot.has_value() && !walk_read_; }
  ChangeBatch finished(ChangeBatch batch);

  SourceOptions options_;
  std::string relay_;
  const Clock* clock_;
  Session session_;
  PageReader page_;
  WakeFeed wake_;
  Releases releases_;
  RemovalScan removals_;
  Standing standing_;
  Published published_;
  LastTold told_;

  RethinkPosition at_;   // without the words of `published_`
  Position given_;       // after all that has been returned
  bool opened_ = false;  // and nothing has failed since
  bool leads_ = false;   // something was released to it since it was opened
  std::deque<Item> queue_;
  std::optional<Error> error_;  // to be returned once what is queued is
  std::string doubt_;           // what contradicts, if something does
  std::uint64_t answered_ = 0;  // `told` with which the stream answers a doubt; 0: there is none
  std::uint64_t released_ = 0;  // Registration::released, as far as this source knows
  std::optional<IndexPlace> cursor_;
  bool reads_rows_ = false;            // the page that is being read is the snapshot's
  bool walk_read_ = false;             // all rows are queued
  std::optional<std::string> walked_;  // the last key that is queued
  SteadyTime::duration page_wait_{};   // for an answer that has not come
  std::size_t asked_ = 0;              // documents in the page that is being read, at the most
  bool round_over_ = false;
  bool current_ = false;
  std::uint64_t rows_estimate_ = 0;
  SteadyTime look_at_{};
  SteadyTime purge_at_{};
  SteadyTime scan_at_{};
  std::optional<Token> purge_;
  std::atomic<std::int64_t> server_ahead_ms_ = 0;     // of this machine's clock
  std::atomic<std::uint64_t> oldest_pending_ms_ = 0;  // 0: none
};

}  // namespace headwater::rethinkdb
