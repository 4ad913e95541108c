// How the source begins at a position.
#include <algorithm>
#include <utility>

#include "src/json/json.h"
#include "src/ports/loss.h"
#include "src/sources/rethinkdb/feed/change_maker.h"
#include "src/sources/rethinkdb/feed/checked_position.h"
#include "src/sources/rethinkdb/feed/rethink_source.h"
#include "src/sources/shared/errors.h"

namespace headwater::rethinkdb {
namespace {

/// Soon after the changefeed was asked for, which says nothing of what came before it was there.
constexpr Milliseconds first_look{100};

}  // namespace

RethinkSource::RethinkSource(SourceOptions options, std::string relay, const Clock& clock)
    : options_(std::move(options)),
      relay_(std::move(relay)),
      clock_(&clock),
      session_(options_),
      page_(session_),
      wake_(session_),
      releases_(session_),
      removals_(session_) {}

Result<void> RethinkSource::connect() {
  auto standing = standing_of(session_, {});
  if (!standing) return failed(standing);
  standing_ = *std::move(standing);
  releases_.set_name(standing_.fresh);
  return check_standing(standing_, relay_);
}

Result<void> RethinkSource::open(const Position& after, std::stop_token stop) {
  given_ = after;
  opened_ = false;
  auto gone = reopen(after, stop);
  if (!gone) disconnect();
  opened_ = gone.has_value();
  return gone;
}

void RethinkSource::close() {
  constexpr Milliseconds patience{1'000};
  const SteadyTime until = clock_->steady() + patience;
  while (session_.is_open() && releases_.in_progress()) {
    auto done = releases_.next(left_until(until), {});
    if (!done || !*done) break;
    note_release((*done)->released);
  }
  disconnect();
}

void RethinkSource::disconnect() {
  opened_ = false;
  session_.close();
  page_.drop();
  wake_.drop();
  releases_.drop();
  purge_.reset();
}

Result<void> RethinkSource::reopen(const Position& after, const std::stop_token& stop) {
  // What is under way on the old connection may still be done, which does no harm.
  close();
  leads_ = false;
  published_ = Published();
  queue_.clear();
  error_.reset();
  doubt_.clear();
  answered_ = 0;
  told_.drop_returned();
  const std::string id = standing_.names.id;
  auto standing = standing_of(session_, stop);
  if (!standing) return failed(standing);
  standing_ = *std::move(standing);
  if (auto sound = check_standing(standing_, relay_); !sound) return sound;
  if (!id.empty() && standing_.names.id != id) {
    return fail(sources::other_database_error("table " + id, "table " + standing_.names.id));
  }
  if (standing_.registered->journal != at_.journal ||
      !nobody_else_released(*standing_.registered)) {
    told_.clear();
  }
  released_ = standing_.registered->released;
  server_ahead_ms_ =
      static_cast<std::int64_t>(standing_.now_ms) - clock_->wall().time_since_epoch().count();
  auto begun = begin_at(after, stop);
  if (begun || options_.policies.on_lost == sources::OnLost::stop || !is_loss(begun.error()))
    return begun;
  return go_on_after_loss(after, begun.error(), stop);
}

RethinkPosition RethinkSource::beginning(bool snapshot) const {
  const Registration& registered = *standing_.registered;
  RethinkPosition at{.table = standing_.names.id,
                     .journal = registered.journal,
                     .released = registered.released,
                     .told = registered.told};
  if (snapshot) at.snapshot = Walk{.id = first_snapshot_id(at.journal, at.released)};
  return at;
}

Position RethinkSource::beginning_of_stream() const {
  RethinkPosition at = beginning(options_.policies.snapshot);
  // The rows have what was told before, to another stream.
  if (!at.snapshot) at.told = 0;
  return encode(at);
}

Position RethinkSource::latest() const {
  RethinkPosition at = beginning(false);
  at.skipped = standing_.now_ms;
  return encode(at);
}

Result<void> RethinkSource::begin_at(const Position& after, const std::stop_token& stop) {
  if (!after.empty()) {
    auto at = checked_position(after, standing_);
    if (!at) return failed(at);
    if (!standing_.registered->doubt.empty()) return fail(doubted(standing_));
    if (auto whole = check_told(*at); !whole) return whole;
    if (auto found = find_published(*at, stop); !found) return found;
    return start(*std::move(at), stop);
  }
  if (!options_.policies.snapshot && standing_.registered->released > 0) {
    return fail(sources::loss_error(
        history_lost,
        "changes of " + options_.words() + " were published before and removed from its journal"));
  }
  // What was told, another stream has.
  answered_ = standing_.registered->doubt.empty() ? 0 : standing_.registered->told + 1;
  return start(beginning(options_.policies.snapshot), stop);
}

/// What was in the stream when it was removed from the journal must be there still.
Result<void> RethinkSource::check_told(const RethinkPosition& at) const {
  const std::uint64_t told = standing_.registered->told;
  if (at.told >= told) return {};
  return fail(sources::loss_error(
      history_lost, "the stream has " + std::to_string(at.told) + " changes and rows of " +
                        options_.words() + ", and had " + std::to_string(told) +
                        "; those between were removed from the journal when they were in it"));
}

/// Learns which documents the position means. Nothing was removed from the journal while the number of
/// releases stays, so then all of them must be there.
Result<void> RethinkSource::find_published(const RethinkPosition& at, const std::stop_token& stop) {
  constexpr std::size_t page = 500;
  published_.begin(at.published, at.until);
  PageChoice choice{.until = at.until, .count = page};
  for (bool more = true; more && published_.not_found() > 0;) {
    auto results = session_.ask(page_of_numbers(standing_.names, choice), stop);
    if (!results) return failed(results);
    for (const std::string_view json : results->values) {
      auto document = take_apart(json, standing_.names.primary_key);
      if (!document) return failed(document);
      published_.find(*document);
      note_found(*document);
      choice.after = IndexPlace{.first = document->first_pending(), .key = document->key};
    }
    more = results->values.size() == page;
  }
  for (bool more = options_.deletes == Deletes::scan; more && published_.not_found() > 0;) {
    auto removed = removals_.next(standing_.names, stop);
    if (!removed) return failed(removed);
    more = removed->has_value();
    for (Taken& each : more ? **removed : std::vector<Taken>()) {
      each.is_missing = true;
      published_.find(each);
    }
  }
  removals_.begin();
  const bool all_are_there = published_.not_found() == 0;
  published_.drop_not_found();
  const bool must_be = at.journal == standing_.registered->journal &&
                       at.released == standing_.registered->released &&
                       options_.deletes == Deletes::marked;
  if (all_are_there || !must_be) return {};
  // A removal that was under way may have been done meanwhile.
  auto standing = standing_of(session_, stop);
  if (!standing) return failed(standing);
  if (!standing->registered || standing->registered->released != at.released) return {};
  return fail(sources::loss_error(
      went_back, options_.words() + " is older than the stream: changes that the stream has are "
                                    "not in its journal, which nobody has removed"));
}

Result<void> RethinkSource::go_on_after_loss(const Position& lost, const Error& loss,
                                             const std::stop_token& stop) {
  const bool restated = options_.policies.on_lost == sources::OnLost::snapshot;
  RethinkPosition at = beginning(restated);
  Change gap = sources::gap_after(lost, loss, restated);
  gap.database = options_.database;
  gap.table = options_.table;
  gap.time = WallTime(Milliseconds(static_cast<std::int64_t>(standing_.now_ms)));
  gap.gap->from = lost.empty() ? "the beginning" : lost.token;
  gap.gap->to = "release " + std::to_string(at.released) + " of journal " + at.journal;
  published_.begin({}, 0);
  if (auto before = decode(lost); before && before->table == at.table) {
    // What of these is still in the journal has been published, whatever was lost.
    before->journal.clear();
    // A release that was on its way may be done now.
    at.told = std::max(at.told, before->told);
    if (auto found = find_published(*before, stop); !found) return found;
  }
  if (auto started = start(std::move(at), stop); !started) return started;
  if (!standing_.registered->doubt.empty()) answered_ = at_.told + 1;
  given_ = lost;
  queue_.push_back({.change = std::move(gap)});
  return {};
}

Result<void> RethinkSource::start(RethinkPosition at, const std::stop_token& stop) {
  at_ = std::move(at);
  at_.published.clear();
  cursor_.reset();
  round_over_ = false;
  current_ = false;
  reads_rows_ = false;
  walk_read_ = false;
  walked_ = at_.snapshot ? at_.snapshot->after : std::nullopt;
  look_at_ = clock_->steady() + first_look;
  set_position();
  if (at_.snapshot) {
    auto estimate = session_.ask(
        table(options_.database, options_.table).then(TermType::info)["doc_count_estimates"], stop);
    if (!estimate) return failed(estimate);
    rows_estimate_ = 0;
    const auto counts = Json::parse(estimate->one());
    if (counts) {
      for (const Json& count : counts->elements())
        rows_estimate_ += count.unsigned_integer().value_or(0);
    }
  }
  return wake_.begin(wake_feed(standing_.names), stop);
}

}  // namespace headwater::rethinkdb
