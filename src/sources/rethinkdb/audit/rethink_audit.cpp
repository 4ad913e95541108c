#include "src/sources/rethinkdb/audit/rethink_audit.h"

#include <algorithm>

#include "src/event/event_type.h"
#include "src/sources/rethinkdb/audit/waiting_document.h"
#include "src/sources/rethinkdb/feed/checked_position.h"
#include "src/sources/shared/findings.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t most_in_page = 250;
constexpr Milliseconds patience = std::chrono::minutes(2);

Error silent_server() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "the server does not go on with its answer",
          .next = {}};
}

/// The content of a row is unknown: its last changes are not in the stream, perhaps rightly so.
Change unknown_row(const TableNames& table, const JournaledDocument& document,
                   std::string_view exact) {
  Change change = row_of(table, document, exact, {});
  change.op = Op::gap;
  change.after.reset();
  change.gap = Gap{.reason = "not in the stream", .from = {}, .to = {}, .restated = false};
  return change;
}

}  // namespace

Result<std::unique_ptr<RethinkAudit>> RethinkAudit::connect(const SourceOptions& options,
                                                            const std::string& relay) {
  auto chains = Chains::make(options.policies.snapshot, options.deletes == Deletes::scan);
  if (!chains) return failed(chains);
  std::unique_ptr<RethinkAudit> audit(new RethinkAudit(options, *std::move(chains)));
  auto standing = standing_of(audit->session_, {});
  if (!standing) return failed(standing);
  if (auto sound = check_standing(*standing, relay); !sound) return failed(sound);
  audit->standing_ = *std::move(standing);
  return audit;
}

Result<void> RethinkAudit::begin(const Position& tail) {
  if (tail.empty()) {
    // The stream has nothing yet; with a snapshot, its rows come first.
    if (options_.policies.snapshot) tail_.snapshot = Walk();
    return {};
  }
  auto at = checked_position(tail, standing_);
  if (!at) return failed(at);
  tail_ = *std::move(at);
  published_ = {tail_.published.begin(), tail_.published.end()};
  return {};
}

Result<bool> RethinkAudit::observe(const StoredEvent& stored) {
  if (auto added = chains_.add(stored, false); !added) return failed(added);
  return true;
}

bool RethinkAudit::covers(std::string_view /*database*/, std::string_view table) const {
  return table == table_words({}, options_.table);
}

std::string RethinkAudit::rows_not_compared() const {
  const bool leaves_out = tail_.snapshot && !tail_.snapshot->again;
  return leaves_out ? "the snapshot is not finished yet" : "";
}

Result<std::vector<Change>> RethinkAudit::pending(const ReadLimits& /*limits*/) {
  if (auto loaded = load(); !loaded) return failed(loaded);
  return std::exchange(pending_, {});
}

Result<std::vector<Change>> RethinkAudit::rows(const ReadLimits& /*limits*/) {
  return std::exchange(rows_, {});
}

/// Until there is something to return, or nothing more.
Result<void> RethinkAudit::load() {
  while (pending_.empty() && rows_.empty() && !all_read_) {
    auto loaded = stream_read_ ? load_waiting() : pages_read_ ? load_removed() : load_page();
    if (!loaded) return loaded;
  }
  return {};
}

/// A part of a page, as the server sends it.
Result<void> RethinkAudit::load_page() {
  if (!reader_.is_reading()) {
    asked_ = most_in_page;
    auto begun = reader_.begin(page_of_rows(standing_.names, after_, asked_),
                               standing_.names.primary_key, {});
    if (!begun) return begun;
  }
  auto documents = reader_.next(patience, {});
  if (!documents) return failed(documents);
  if (!*documents) return fail(silent_server());
  for (const JournaledDocument& document : **documents) {
    after_ = document.key;
    const std::string exact = exact_key(document.key);
    auto verdict = judge(document, exact);
    if (!verdict) return failed(verdict);
    const bool waits = !verdict->missing.ranges.empty();
    auto met = chains_.ledger().mark_met(exact, {.number = document.number, .waits = waits});
    if (!met) return met;
    auto done = waits ? chains_.ledger().hold(to_json(document))
                      : settle(document, exact, *std::move(verdict));
    if (!done) return done;
    any_waits_ = any_waits_ || waits;
  }
  pages_read_ = !reader_.is_reading() && reader_.count() < asked_;
  all_read_ = pages_read_ && options_.deletes != Deletes::scan;
  return {};
}

/// What the relay's next scan will find.
Result<void> RethinkAudit::load_removed() {
  auto removed = removals_.next(standing_.names, {});
  if (!removed) return failed(removed);
  all_read_ = !*removed;
  if (all_read_) return {};
  for (const Taken& each : **removed) {
    const std::string exact = exact_key(each.key);
    auto last = chains_.ledger().find(exact);
    if (!last) return failed(last);
    auto met = chains_.ledger().met(exact);
    if (!met) return failed(met);
    // The tail may say that it was published.
    const bool is_pending = *last && !(*last)->removed && !*met && each.number > (*last)->number &&
                            !published_.contains(word_for(exact, each.number));
    if (!is_pending) continue;
    ++chains_.found().pending;
    pending_.push_back(removed_change(standing_.names, each, exact, standing_.now_ms));
    (*last)->removed = true;
    (*last)->number = each.number;
    (*last)->version = 0;
    if (auto put = chains_.ledger().put(exact, **last); !put) return put;
  }
  return {};
}

/// One that has waited.
Result<void> RethinkAudit::load_waiting() {
  auto held = chains_.ledger().held_after(waited_);
  if (!held) return failed(held);
  all_read_ = !*held;
  if (all_read_) return {};
  waited_ = (*held)->place;
  auto document = take_apart((*held)->json, standing_.names.primary_key);
  if (!document) return failed(document);
  const std::string exact = exact_key(document->key);
  auto verdict = judge(*document, exact);
  if (!verdict) return failed(verdict);
  return settle(*document, exact, *std::move(verdict));
}

Result<RethinkAudit::Verdict> RethinkAudit::judge(const JournaledDocument& document,
                                                  std::string_view exact) {
  auto last = chains_.ledger().find(exact);
  if (!last) return failed(last);
  Verdict verdict{.last = *last};
  const std::uint64_t seen = *last ? (*last)->number : 0;
  for (const Pending& each : document.pending) {
    if (each.number <= seen) continue;
    verdict.open.push_back(each);
    if (published_.contains(word_for(exact, each.number))) verdict.due = verdict.open.size();
  }
  NextChange next{
      .kind = NextChange::Kind::end, .version = document.version + 1, .was_removed = document.gone};
  if (!verdict.open.empty()) {
    const Pending& first = verdict.open.front();
    const bool inserts = first.op == Op::insert;
    next.kind = inserts ? NextChange::Kind::insert : NextChange::Kind::change;
    next.version = first.version;
    next.was_removed = document.gone || inserts;
  }
  if (document.number > seen) verdict.missing = chains_.missing(*last, next);
  return verdict;
}

/// Nothing more will be known of the document.
Result<void> RethinkAudit::settle(const JournaledDocument& document, std::string_view exact,
                                  Verdict verdict) {
  const std::uint64_t end = verdict.open.empty() ? document.number + 1 : verdict.open[0].number;
  if (auto noted = chains_.note(verdict.missing, exact, end); !noted) return noted;
  count_due(verdict, exact, document.gone);
  compare_ends(document, exact, verdict.last);
  bool unknown = verdict.missing.excuse && !verdict.missing.ranges.empty();
  for (std::size_t at = verdict.due; at < verdict.open.size(); ++at) {
    Pending& open = verdict.open[at];
    if (open.number <= tail_.skipped) {
      ++chains_.found().left_out;
      unknown = true;
      continue;
    }
    ++chains_.found().pending;
    unknown = false;
    pending_.push_back(change_of(standing_.names, document.key, exact, std::move(open)));
  }
  if (document.gone) return {};
  if (unknown) pending_.push_back(unknown_row(standing_.names, document, exact));
  rows_.push_back(row_of(standing_.names, document, exact, {}));
  return {};
}

/// Changes that are still in the journal, and are not in the stream, though its tail says so.
void RethinkAudit::count_due(const Verdict& verdict, std::string_view exact, bool gone) {
  // A row that was too large had them, perhaps.
  if (verdict.last && !verdict.last->version) return;
  if (verdict.due == 0) return;
  const Pending& first = verdict.open.front();
  const bool was_removed = gone || (first.op == Op::insert && first.version > 1);
  const auto excuse = chains_.excuse_for(verdict.last, was_removed);
  for (std::size_t at = 0; at < verdict.due; ++at) {
    if (excuse) {
      chains_.add_unproven(*excuse);
    } else {
      chains_.add_lost(change_id(exact, verdict.open[at].number));
    }
  }
}

void RethinkAudit::compare_ends(const JournaledDocument& document, std::string_view exact,
                                const std::optional<KeyState>& last) {
  if (!last || last->number <= document.number) return;
  if (document.number == 0) {
    chains_.add_unproven(Excuse::written);
    return;
  }
  ++chains_.found().unknown;
  sources::add_example(chains_.found(), change_id(exact, last->number));
}

Result<bool> RethinkAudit::needs_later() {
  bool any_unmet = false;
  auto visited = chains_.ledger().visit_unmet(
      [&](const std::string& /*key*/, const KeyState& /*state*/) { any_unmet = true; });
  if (!visited) return failed(visited);
  stream_read_ = true;
  all_read_ = !any_waits_;
  return any_waits_ || any_unmet;
}

Result<bool> RethinkAudit::observe_later(const StoredEvent& stored) {
  const auto id = read_id(stored.event.id);
  if (!id || id->kind != EventId::Kind::change) return false;
  auto met = chains_.ledger().met(id->exact_key);
  if (!met) return failed(met);
  auto last = chains_.ledger().find(id->exact_key);
  if (!last) return failed(last);
  if (*last && id->number <= (*last)->number) return false;
  const bool up_to_point = *met && (*met)->waits && id->number <= (*met)->number;
  // It was deleted and purged before its turn. What comes then is after the point.
  const bool until_removal = !*met && *last && !(*last)->removed;
  if (!up_to_point && !until_removal) return false;
  if (auto added = chains_.add(stored, true); !added) return failed(added);
  return up_to_point || stored.event.type.operation() == "delete";
}

Result<IdFindings> RethinkAudit::findings(std::stop_token /*stop*/) {
  if (!rows_not_compared().empty()) return chains_.findings();
  auto visited = chains_.ledger().visit_unmet([&](const std::string& key, const KeyState& state) {
    // A marked document is purged after its deletion is in the stream.
    if (const auto excuse = chains_.excuse_for(state, false)) {
      chains_.add_unproven(*excuse);
    } else {
      chains_.add_lost("the delete of " + key);
    }
  });
  if (!visited) return failed(visited);
  return chains_.findings();
}

}  // namespace headwater::rethinkdb
