// The audit of a stream against a table in RethinkDB.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/ports/audit.h"
#include "src/sources/rethinkdb/audit/chains.h"
#include "src/sources/rethinkdb/feed/page_reader.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/feed/removal_scan.h"
#include "src/sources/rethinkdb/journal/standing.h"
#include "src/sources/rethinkdb/options.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// Documents are read by primary key at a majority, each at a point of its own: it and its journal are
/// read together, and say how far its versions go and which of them are pending. What the journal has
/// forgotten is in the stream: up to the tail, or after it, if a relay has published it meanwhile.
/// A document with such changes waits for the later events.
class RethinkAudit final : public Audit {
 public:
  /// Blocks until the server has answered. Fails as check_standing().
  static Result<std::unique_ptr<RethinkAudit>> connect(const SourceOptions& options,
                                                       const std::string& relay);

  Result<void> begin(const Position& tail) override;
  void stream_has_aged(bool aged) override { chains_.set_aged(aged); }
  Result<bool> observe(const StoredEvent& stored) override;
  Result<std::vector<Change>> pending(const ReadLimits& limits) override;
  Result<std::vector<Change>> rows(const ReadLimits& limits) override;
  Result<bool> needs_later() override;
  Result<bool> observe_later(const StoredEvent& stored) override;
  [[nodiscard]] bool complete_from_start() const override { return options_.policies.snapshot; }
  Result<IdFindings> findings(std::stop_token stop) override;

  [[nodiscard]] bool covers(std::string_view database, std::string_view table) const override;
  [[nodiscard]] std::string rows_not_compared() const override;

 private:
  RethinkAudit(SourceOptions options, Chains chains)
      : options_(std::move(options)),
        session_(options_),
        reader_(session_),
        removals_(session_),
        chains_(std::move(chains)) {}

  /// What the stream lacks of a document.
  struct Verdict {
    std::optional<KeyState> last{};
    Missing missing{};            ///< After `last`, and no longer in the journal.
    std::vector<Pending> open{};  ///< In the journal, after `last`.
    std::size_t due = 0;          ///< The first of them, which the tail says are published.
  };

  Result<void> load();
  Result<void> load_page();
  Result<void> load_removed();
  Result<void> load_waiting();
  Result<Verdict> judge(const JournaledDocument& document, std::string_view exact);
  Result<void> settle(const JournaledDocument& document, std::string_view exact, Verdict verdict);
  void count_due(const Verdict& verdict, std::string_view exact, bool gone);
  void compare_ends(const JournaledDocument& document, std::string_view exact,
                    const std::optional<KeyState>& last);

  SourceOptions options_;
  Session session_;
  PageReader reader_;
  RemovalScan removals_;
  Standing standing_;
  RethinkPosition tail_;
  std::set<Word, std::less<>> published_;  // that the tail names
  Chains chains_;

  std::vector<Change> pending_;  // up to the point of rows_
  std::vector<Change> rows_;
  std::optional<std::string> after_;  // key of the last document that was read
  std::size_t asked_ = 0;             // documents in the page that is being read, at the most
  bool pages_read_ = false;
  bool all_read_ = false;
  bool any_waits_ = false;
  bool stream_read_ = false;  // also what has come after the tail
  std::int64_t waited_ = 0;   // the last of the waiting documents that was compared
};

}  // namespace headwater::rethinkdb
