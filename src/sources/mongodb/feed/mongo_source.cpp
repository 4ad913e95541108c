// Reading: what the tailer brings becomes changes, between the pieces of a snapshot.
#include "src/sources/mongodb/feed/mongo_source.h"

#include <algorithm>
#include <utility>

namespace headwater::mongodb {
namespace {

constexpr std::size_t batch_bytes = std::size_t{2} << 20U;
constexpr std::int32_t most_events = 2'048;
// One that is being made by the server, and one that is ready when the last has been dealt with.
constexpr std::size_t asked_ahead = 2;
// How long the server keeps an empty getMore: long enough to cost nothing, short enough that a
// relay without changes moves its position with the cluster's time.
constexpr Milliseconds longest_wait{1'000};
constexpr Milliseconds shortest_wait{1};
// For an answer that is on its way when the caller's own time is over.
constexpr Milliseconds grace{250};
// While no answer comes it is looked so often whether one can come at all.
constexpr Milliseconds look_after{1'000};

bool same_transaction(const Change& a, const Change& b) {
  return a.transaction && b.transaction && a.transaction->id == b.transaction->id;
}

}  // namespace

Result<ChangeBatch> MongoSource::read(const ReadLimits& limits, Milliseconds wait,
                                      std::stop_token stop) {
  if (trouble_) {
    Error trouble = *std::exchange(trouble_, std::nullopt);
    forget();
    return fail(shut_out(std::move(trouble)));
  }
  auto batch = read_on(limits, wait, stop);
  if (batch) return batch;
  forget();
  return fail(shut_out(std::move(batch.error())));
}

Result<ChangeBatch> MongoSource::read_on(const ReadLimits& limits, Milliseconds wait,
                                         const std::stop_token& stop) {
  if (!link_->tailer.started()) {
    if (auto sought = seek(given_); !sought) return failed(sought);
  }
  const SteadyTime until = clock_->steady() + wait;
  const auto left = [&] {
    return std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
  };
  ChangeBatch batch;
  for (bool last_look = false;;) {
    auto reached = give_what_is_at_hand(limits, batch);
    if (!reached) {
      if (batch.changes.empty()) return failed(reached);
      trouble_ = std::move(reached.error());
    }
    if (!batch.changes.empty() || last_look) return finished(std::move(batch));
    if (!at_hand_.held && position_ != given_ && seen_all_) return finished(std::move(batch));
    if (link_->tailer.asked() == 0) ask(left());
    auto answer = link_->tailer.answer(std::clamp(left(), grace, look_after), stop);
    if (!answer && link_->tailer.cut_off()) return fail(silence());
    if (!answer && left() > Milliseconds(0) && !stop.stop_requested()) continue;
    if (!answer) return finished(std::move(batch));
    if (auto taken = take_answer(std::move(*answer)); !taken) return failed(taken);
    last_look = left() <= Milliseconds(0) && !at_hand_.batch;
  }
}

/// Up to here nothing is lost if all that is at hand is forgotten.
ChangeBatch MongoSource::finished(ChangeBatch batch) {
  // What failed may have moved the place already, and is not dealt with.
  if (!trouble_ && at_hand_.ready.empty() && !at_hand_.held) given_ = position_;
  const bool dry = at_hand_.ready.empty() && !at_hand_.held && !at_hand_.next && !at_hand_.batch;
  // Writers that never rest leave no batch empty; then the time tells.
  const bool past_open = given_.time > open_time_ && !given_.token.empty();
  if (!position_.snapshot && (past_open || (seen_all_ && dry))) current_ = true;
  batch.position = encode(given_);
  batch.current = current_;
  if (position_.snapshot) batch.snapshot = link_->snapshot.progress();
  return batch;
}

void MongoSource::forget() {
  link_->tailer.end();
  link_->snapshot.forget();
  at_hand_ = {};
}

Result<MongoSource::Reached> MongoSource::give_what_is_at_hand(const ReadLimits& limits,
                                                               ChangeBatch& batch) {
  for (;;) {
    if (!give_ready(limits, batch)) return Reached::full;
    if (position_.snapshot) {
      if (auto loaded = load_documents(); !loaded) return failed(loaded);
      if (at_hand_.piece_due) {
        auto reached = give_documents(limits, batch);
        if (!reached || *reached == Reached::full) return reached;
        continue;
      }
    }
    if (!at_hand_.next) {
      auto decoded = decode_next();
      if (!decoded) return failed(decoded);
      if (!*decoded) return Reached::dry;
    }
    if (link_->snapshot.loaded() && at_hand_.next->time > link_->snapshot.time()) {
      settle(true);
      at_hand_.piece_due = true;
      continue;
    }
    take(*at_hand_.next, limits, batch);
    at_hand_.next.reset();
  }
}

Result<void> MongoSource::load_documents() {
  if (link_->snapshot.loaded()) return {};
  // What has been taken of the changes must be in it. A time that is not a change's own, to begin
  // at or of an empty batch, is still to come as a whole, and nobody may be there yet.
  ClusterTime not_before = position_.time;
  if (not_before.increment > 0) --not_before.increment;
  auto loaded = link_->snapshot.load(std::max(not_before, position_.witness));
  if (!loaded) return loaded;
  at_hand_.piece_asks = link_->tailer.asks();
  at_hand_.piece_due = false;
  position_.snapshot = link_->snapshot.place();
  return {};
}

/// The documents of the piece, which all changes before it have gone out.
Result<MongoSource::Reached> MongoSource::give_documents(const ReadLimits& limits,
                                                         ChangeBatch& batch) {
  for (;;) {
    auto change = link_->snapshot.next();
    if (!change) return failed(change);
    position_.snapshot = link_->snapshot.place();
    if (!*change) {
      at_hand_.piece_due = false;
      return Reached::dry;
    }
    if (auto small = keep_small(**change); !small) return failed(small);
    at_hand_.ready.push_back({std::move(**change), position_});
    if (!give_ready(limits, batch)) return Reached::full;
  }
}

bool MongoSource::give_ready(const ReadLimits& limits, ChangeBatch& batch) {
  while (!at_hand_.ready.empty()) {
    Ready& ready = at_hand_.ready.front();
    if (!give(ready.change, ready.position, limits, batch)) return false;
    at_hand_.ready.pop_front();
  }
  return batch.changes.size() < limits.count && batch.bytes < limits.bytes;
}

/// False: it does not fit in any more, and is left where it is.
bool MongoSource::give(Change& change, const MongoPosition& position, const ReadLimits& limits,
                       ChangeBatch& batch) {
  if (change.position.empty()) change.position = encode(position);
  const std::size_t size = footprint(change);
  const bool fits = batch.changes.size() < limits.count && batch.bytes + size <= limits.bytes;
  if (!fits && !batch.changes.empty()) return false;
  if (batch.changes.empty() && at_hand_.batch) {
    batch.changes.reserve(std::min(limits.count, at_hand_.batch->count()));
  }
  batch.add(std::move(change), size);
  given_ = position;
  return true;
}

/// False: the batch has no more events.
Result<bool> MongoSource::decode_next() {
  while (at_hand_.batch) {
    if (const auto event = at_hand_.batch->next()) {
      auto whole = decode(*event);
      if (!whole || *whole) return whole;
      continue;
    }
    if (at_hand_.batch->closed()) {
      if (auto followed = follow_closed_cursor(); !followed) {
        return failed(followed);
      }
    }
    at_hand_.batch.reset();
  }
  return false;
}

/// False: it is a part of an event, of which others follow.
Result<bool> MongoSource::decode(const DocView& event) {
  std::optional<Doc> whole;
  if (find(event.get(), "splitEvent")) {
    whole = assembled(event);
    if (!whole) return false;
  }
  const bson_t& all = whole ? *whole->get() : *event.get();
  auto decoded = decoder_.decode(all);
  if (!decoded) return failed(decoded);
  // Resuming behind another part than the last would give the rest of it again.
  if (whole) decoded->token = token_in(event.get(), "_id");
  if (auto small = keep_small(decoded->change); !small) return failed(small);
  at_hand_.next = std::move(*decoded);
  remember_key(all);
  return true;
}

void MongoSource::remember_key(const bson_t& event) {
  at_hand_.next_id.reset();
  const auto id = position_.snapshot ? find(&event, "documentKey._id") : std::nullopt;
  if (id) bson_append_iter(at_hand_.next_id.emplace().out(), "_id", -1, &*id);
}

void MongoSource::take(DecodedChange& decoded, const ReadLimits& limits, ChangeBatch& batch) {
  Change& change = decoded.change;
  bool covered = true;
  if (position_.snapshot && decoded.of_a_document && at_hand_.next_id) {
    if (const auto id = find(at_hand_.next_id->get(), "_id")) {
      bson_iter_t at = *id;
      covered = link_->snapshot.covers({change.database, change.table}, *bson_iter_value(&at));
    }
  }
  const bool goes_on = at_hand_.held && same_transaction(*at_hand_.held, change);
  if (covered || !goes_on) settle(!goes_on);
  if (change.op == Op::rename) {
    link_->snapshot.renamed({change.database, change.renamed_to});
    position_.snapshot = link_->snapshot.place();
  }
  position_.token = std::move(decoded.token);
  position_.time = decoded.time;
  position_.witness = decoded.time;
  const bool inside = change.transaction && position_.transaction &&
                      change.transaction->id == position_.transaction->id;
  if (!inside) position_.transaction.reset();
  if (!covered) return;
  if (!change.transaction) {
    // Most go out at once; the others wait for those before them, or for the next batch.
    if (at_hand_.ready.empty() && give(change, position_, limits, batch)) return;
    at_hand_.ready.push_back({std::move(change), position_});
    return;
  }
  if (!inside) position_.transaction = OpenTransaction{.id = change.transaction->id, .count = 0};
  change.transaction->ordinal = position_.transaction->count++;
  at_hand_.held = std::move(change);
}

/// What was held is of a transaction of which more changes follow, or was its last.
void MongoSource::settle(bool last) {
  if (!at_hand_.held) return;
  at_hand_.held->transaction->last = last;
  if (last) position_.transaction.reset();
  at_hand_.ready.push_back({*std::exchange(at_hand_.held, std::nullopt), position_});
}

/// An invalidate event is a cursor's last. A new one behind it sees what comes under the old name.
Result<void> MongoSource::follow_closed_cursor() {
  const ResumeToken& behind = at_hand_.batch->token();
  if (!behind.empty()) {
    // The position moves with the next change: a token from a batch belongs to no change.
    settle(true);
    position_.token = behind;
  }
  auto started = link_->tailer.start({.token = position_.token, .time = position_.time});
  if (!started) return fail(error_of(started.error()));
  return {};
}

void MongoSource::ask(Milliseconds wait) {
  // Whether a transaction is over shows in what follows, or in that nothing does.
  // So it is with what is due before a piece of the snapshot.
  const bool soon = at_hand_.held || (link_->snapshot.loaded() && !at_hand_.piece_due);
  const Milliseconds longest = soon ? shortest_wait : longest_wait;
  link_->tailer.ask(count_, std::clamp(wait, shortest_wait, longest));
}

Result<void> MongoSource::take_answer(Answer<StreamBatch> answer) {
  if (!answer) {
    if (about_an_event(answer.error())) return hunt(answer.error());
    return fail(error_of(answer.error()));
  }
  let_in_ = true;
  if (answer->empty() && !answer->closed()) {
    reached_end(answer->token());
    return {};
  }
  const bool more = answer->count() == static_cast<std::size_t>(count_) && !answer->closed();
  if (answer->count() > 0 && hunting_ > 0 && --hunting_ == 0) count_ = first_count;
  if (hunting_ == 0 && answer->count() > 0) {
    const std::size_t average = std::max<std::size_t>(1, answer->bytes() / answer->count());
    const auto fitting = static_cast<std::int32_t>(
        std::min<std::size_t>(static_cast<std::size_t>(most_events), batch_bytes / average));
    count_ = std::clamp(fitting, 1, count_ * 4);
  }
  at_hand_.batch = std::move(*answer);
  // The server works on the next ones meanwhile.
  while (more && link_->tailer.asked() < asked_ahead) ask(shortest_wait);
  return {};
}

/// Everything that a majority had when it was asked is at hand or out.
void MongoSource::reached_end(const ResumeToken& token) {
  settle(true);
  const auto time = time_in(token.data);
  // What a client was told is written may take a moment until a majority has it.
  if (!time || *time >= open_time_) seen_all_ = true;
  if (!token.empty() && token != position_.token) {
    position_.token = token;
    if (time) position_.time = *time;
  }
  position_.transaction.reset();
  // Asked after the piece was read, or the answer says nothing of it.
  if (link_->snapshot.loaded() && link_->tailer.answers() > at_hand_.piece_asks) {
    if (!time || *time >= link_->snapshot.time()) at_hand_.piece_due = true;
  }
}

}  // namespace headwater::mongodb
