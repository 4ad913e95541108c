// What the ids prove: the change stream is read again, and laid beside what is in the stream.
#include <algorithm>
#include <limits>
#include <utility>

#include "src/sources/mongodb/audit/mongo_audit.h"
#include "src/sources/mongodb/feed/history.h"

namespace headwater::mongodb {
namespace {

constexpr ReadLimits batch{.count = 2'048, .bytes = std::size_t{1} << 20U};
// What is there comes at once; nothing is waited for.
constexpr Milliseconds wait_for_past{10};

}  // namespace

Result<IdFindings> MongoAudit::findings(std::stop_token stop) {
  // Where rows were not compared, nobody has asked for what is pending yet.
  for (;;) {
    if (stop.stop_requested()) return found_;
    auto rest = pending(batch);
    if (!rest) return failed(rest);
    if (rest->empty()) break;
  }
  if (auto proven = prove(stop); !proven) return failed(proven);
  return found_;
}

Result<void> MongoAudit::prove(const std::stop_token& stop) {
  auto past_source = connect_source(options_, *clock_);
  if (!past_source) return failed(past_source);
  past_ = std::move(*past_source);
  auto start = find_start();
  if (!start) return failed(start);
  Past past;
  // Twice, where what seemed to be the stream's oldest change was not.
  for (int again = 0; *start && again < 2; ++again) {
    auto read = read_past(**start, stop);
    if (!read) return failed(read);
    past = std::move(*read);
    if (stop.stop_requested()) return {};
    auto earlier_start = earlier(**start);
    if (!earlier_start) return failed(earlier_start);
    if (!*earlier_start) break;
    *start = std::move(*earlier_start);
  }
  return conclude(*start, past);
}

MongoPosition MongoAudit::position_at(ClusterTime time) const {
  MongoPosition position;
  position.source = identity_;
  position.fingerprint = fingerprint(options_->watch, options_->pipeline);
  position.time = time;
  return position;
}

/// False: the server's history does not go back so far, or does not know the place.
Result<bool> MongoAudit::can_read_from(const MongoPosition& position) {
  auto opened = past_->open(encode(position));
  if (opened) return true;
  const std::string& name = opened.error().name;
  if (name == "source.history_lost") history_lost_ = true;
  if (opened.error().remedy == Remedy::stop && name != "source.unauthorized") return false;
  return failed(opened);
}

/// Just behind the change with this id; nullopt where can_read_from() is false, or it is not there.
/// An id is not all of the token that the server wants: the change itself is looked for.
Result<std::optional<MongoPosition>> MongoAudit::just_behind(const std::string& id) {
  using Found = std::optional<MongoPosition>;
  const auto time = time_in(id);
  MongoPosition position = position_at(time.value_or(ClusterTime{}));
  // Where a server writes its tokens otherwise than MongoDB, the id has to do.
  if (!time) position.token.data = id;
  auto there = can_read_from(position);
  if (!there) return failed(there);
  if (!*there) return Found();
  if (!time) return Found(std::move(position));
  Found found;
  auto read = read_past(*time, {}, [&](const Change& change) -> Result<void> {
    if (change.id != id) return {};
    auto here = decode(change.position);
    if (!here) return failed(here);
    found = std::move(*here);
    return {};
  });
  if (!read) return failed(read);
  return found;
}

/// As early as both sides have something to say: where the snapshot or a gap says that the stream
/// begins, else at the oldest change in it that the server still knows, else where the server's
/// history begins.
Result<std::optional<MongoAudit::Start>> MongoAudit::find_start() {
  using Found = std::optional<Start>;
  if (break_) {
    auto start = start_at_break();
    if (!start || *start) return start;
  } else if (first_row_ > 0) {
    // All that was committed after the first piece was read had to come.
    ClusterTime behind = first_row_time_;
    ++behind.increment;
    MongoPosition position = position_at(behind);
    auto there = can_read_from(position);
    if (!there) return failed(there);
    if (*there) return Found({.position = std::move(position), .sequence = first_row_});
  }
  auto oldest = oldest_change(break_ ? break_->sequence : 0);
  if (!oldest || *oldest || !history_lost_) return oldest;
  auto window = oplog_window(connection_);
  if (!window) return failed(window);
  if (!*window) return Found();
  MongoPosition position = position_at((*window)->first);
  auto there = can_read_from(position);
  if (!there) return failed(there);
  if (!*there) return Found();
  return Found(
      {.position = std::move(position), .sequence = std::numeric_limits<std::int64_t>::max()});
}

Result<std::optional<MongoAudit::Start>> MongoAudit::start_at_break() {
  std::optional<Start> start;
  if (const auto time = time_from(break_->to)) {
    start = {.position = position_at(*time), .sequence = break_->sequence};
  } else if (auto position = decode({break_->to})) {
    position->place.snapshot.reset();
    start = {.position = std::move(*position), .sequence = break_->sequence};
  }
  if (!start) return start;
  auto there = can_read_from(start->position);
  if (!there) return failed(there);
  if (!*there) start.reset();
  return start;
}

/// By halves: what comes later is known for longer.
Result<std::optional<MongoAudit::Start>> MongoAudit::oldest_change(std::uint64_t behind) {
  std::optional<Start> oldest;
  std::uint64_t low = behind + 1;
  std::uint64_t high = tail_sequence_ + 1;
  // The very first, most of the time.
  for (std::uint64_t middle = low; low < high; middle = low + (high - low) / 2) {
    auto change = ledger_->first_change(middle);
    if (!change) return failed(change);
    if (!*change || (*change)->sequence >= high) {
      high = middle;
      continue;
    }
    auto position = just_behind((*change)->id);
    if (!position) return failed(position);
    if (*position) {
      oldest = {.position = std::move(**position),
                .sequence = (*change)->sequence - 1,
                .id = (*change)->id};
      high = middle;
    } else {
      low = (*change)->sequence + 1;
    }
  }
  return oldest;
}

/// A change of the stream that was not met, though the server knows it, is older than the start:
/// the stream's events are not in order there.
Result<std::optional<MongoAudit::Start>> MongoAudit::earlier(const Start& start) {
  std::optional<Start> found;
  if (start.id.empty()) return found;
  std::vector<std::string> candidates;
  auto visited = ledger_->visit_not_met(start.sequence, [&](const std::string& id) {
    if (candidates.size() < 3) candidates.push_back(id);
  });
  if (!visited) return failed(visited);
  for (std::string& id : candidates) {
    auto position = just_behind(id);
    if (!position) return failed(position);
    if (!*position) continue;
    found = {.position = std::move(**position), .sequence = start.sequence, .id = std::move(id)};
    break;
  }
  return found;
}

Result<MongoAudit::Past> MongoAudit::read_past(const Start& start, const std::stop_token& stop) {
  Past past;
  if (auto cleared = ledger_->start_again(); !cleared) return failed(cleared);
  if (!start.id.empty()) {
    auto met = ledger_->meet(start.id);
    if (!met) return failed(met);
  }
  if (auto opened = past_->open(encode(start.position)); !opened) {
    return failed(opened);
  }
  auto read = read_past(point_, stop, [&](const Change& change) { return note(change, past); });
  if (!read) return failed(read);
  return past;
}

/// Up to `time`, or to the end of what there was when the past was opened.
Result<void> MongoAudit::read_past(ClusterTime time, const std::stop_token& stop,
                                   const std::function<Result<void>(const Change&)>& visit) {
  for (;;) {
    auto read = past_->read(batch, wait_for_past, stop);
    if (!read) return failed(read);
    for (const Change& change : read->changes) {
      if (auto visited = visit(change); !visited) return visited;
    }
    if (read->current || stop.stop_requested()) return {};
    // Under a steady load there is always something new.
    auto reached = decode(read->position);
    if (!reached) return failed(reached);
    if (reached->time > time) return {};
  }
}

Result<void> MongoAudit::note(const Change& change, Past& past) {
  auto met = ledger_->meet(change.id);
  if (!met) return failed(met);
  if (*met) return {};
  auto waits = ledger_->is_pending(change.id);
  if (!waits) return failed(waits);
  if (*waits) return {};
  auto position = decode(change.position);
  if (!position) return failed(position);
  // A router does not say what a majority has: only what was given is known to have been due.
  const ClusterTime due = facts_.router ? std::max(last_pending_, tail_.time) : point_;
  if (position->time > due) return {};
  // A change to a document that a snapshot has yet to read is left out, because it will be in the
  // document. So until the last was read, a missing one proves nothing; the rows do.
  if (tail_.place.snapshot || position->time <= last_row_time_) return {};
  if (hangs_on_image(change)) {
    ++past.hanging;
    return {};
  }
  ++past.lost;
  if (past.examples.size() < 10) past.examples.push_back(change.id);
  return {};
}

/// The pipeline may have chosen it, or not, by a document that was looked up and is another now.
bool MongoAudit::hangs_on_image(const Change& change) const {
  if (by_key_) return false;
  const bool after = options_->full_document != FullDocument::as_reported;
  const bool before = options_->full_document_before_change != FullDocumentBefore::off;
  if (change.op == Op::update) return after || before;
  return before && (change.op == Op::replace || change.op == Op::remove);
}

Result<void> MongoAudit::conclude(const std::optional<Start>& start, const Past& past) {
  auto published = ledger_->changes();
  if (!published) return failed(published);
  auto proven = start ? ledger_->changes(start->sequence) : Result<std::uint64_t>(0);
  if (!proven) return failed(proven);
  found_.published = *published;
  found_.lost = past.lost;
  for (const std::string& id : past.examples) example(id);
  found_.unproven = *published - *proven + past.hanging;
  if (*published > *proven) {
    found_.unproven_because = break_ ? "before a gap, or older than the server's history"
                                     : "older than what is left of the server's history";
  } else if (past.hanging > 0) {
    found_.unproven_because = "the pipeline chose by a document that may be another by now";
  }
  found_.committed = found_.published + found_.lost + found_.pending;
  const bool exact = by_key_ || (options_->full_document == FullDocument::as_reported &&
                                 options_->full_document_before_change == FullDocumentBefore::off);
  if (start && exact) {
    auto visited = ledger_->visit_not_met(start->sequence, [this](const std::string& id) {
      ++found_.unknown;
      example(id);
    });
    if (!visited) return visited;
  }
  return ledger_->visit_out_of_order([this](const std::string& id) {
    ++found_.out_of_order;
    example(id);
  });
}

}  // namespace headwater::mongodb
