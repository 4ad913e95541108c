#include "testing/simulation/stream.h"

#include <algorithm>
#include <utility>

namespace headwater::simulation {
namespace {

Error unavailable(const char* why) {
  return {.remedy = Remedy::retry,
          .origin = Origin::stream,
          .name = "stream.away",
          .message = std::string("simulated: ") + why};
}

}  // namespace

Result<Durable> Stream::tail() {
  if (down() || world_->fault(30)) return fail(unavailable("no reply"));
  return Durable::confirmed_by_stream(tail_);
}

Result<Durable> Stream::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source) {
  if (down() || world_->fault(20)) return fail(unavailable("request lost"));
  // To append behind less than it knows would break the relay's own invariant first.
  const bool unfenced = broken_ == Broken::fence && expected.sequence <= tail_.sequence;
  if (expected != tail_ && !unfenced) {
    world_->trace([&] { return "stream: conflict, the tail is at " + tail_.position.token; });
    return fail({.remedy = Remedy::stand_by,
                 .origin = Origin::stream,
                 .name = "stream.conflict",
                 .message = "simulated: another tail"});
  }
  const bool cut = !transactional_ && events.size() > 1 && world_->fault(60);
  if (cut) events = events.first(world_->chance.between(1, events.size() - 1));
  earlier_.push_back({tail_, ledger_});
  take(events);
  tail_ = Tail{tail_.sequence + events.size(), cut ? events.back().position : position, source};
  last_moved_ = world_->now();
  const Place now = *place();
  furthest_durable_ = std::max(furthest_durable_, now.change);
  furthest_needed_ = std::max(furthest_needed_, database_->needed(now));
  world_->trace([&] {
    return "stream: " + std::to_string(events.size()) + " events" + (cut ? ", cut short" : "") +
           ", now at " + tail_.position.token;
  });
  if (const std::string wrong = ledger_.difference_at(now); !wrong.empty()) {
    world_->fail("at " + tail_.position.token + " " + wrong);
  }
  if (cut && now.row < database_->rows()) ++counts_.cuts_among_rows;
  if (cut) return fail(unavailable("cut short"));
  if (world_->fault(30)) return fail(unavailable("reply lost"));
  return Durable::confirmed_by_stream(tail_);
}

void Stream::take(std::span<const Event> events) {
  std::optional<Place> before = place();
  if (!before && !world_->source.has_beginning) world_->fail("appended to a recreated stream");
  for (const Event& event : events) {
    ++counts_.events;
    counts_.rows += event.id[0] == 'r' ? 1U : 0U;
    counts_.gaps += event.id[0] == 'g' || event.id[0] == 'v' ? 1U : 0U;
    const std::string wrong = ledger_.apply(event.id, before);
    if (!wrong.empty()) world_->fail("event " + event.id + ": " + wrong);
    before = Place::of(event.position);
  }
}

std::optional<Place> Stream::place() const {
  if (tail_.position.empty()) return std::nullopt;
  return Place::of(tail_.position);
}

void Stream::prepare() {
  const Place now{
      .began = database_->head(), .change = database_->head(), .row = database_->rows()};
  ledger_.apply("g" + std::to_string(now.change), std::nullopt);
  furthest_durable_ = furthest_needed_ = now.change;
  tail_ = {0, now.position(), database_identity};
}

void Stream::return_to(Tail tail, Ledger ledger) {
  tail_ = std::move(tail);
  ledger_ = std::move(ledger);
  last_moved_ = world_->now();
  ++restores_;
  world_->trace([&] { return "stream returned to '" + tail_.position.token + "'"; });
}

void Stream::go_back(std::uint64_t appends) {
  Earlier to{tail_, ledger_};
  for (; appends > 0 && !earlier_.empty(); --appends) {
    const Tail& tail = earlier_.back().tail;
    const std::uint64_t needed =
        tail.position.empty() ? 0 : database_->needed(Place::of(tail.position));
    // A relay may be about to release everything but the history that the source keeps.
    if (!world_->source.loses && needed + database_->history() < furthest_needed_) break;
    to = std::move(earlier_.back());
    earlier_.pop_back();
  }
  return_to(std::move(to.tail), std::move(to.ledger));
}

void Stream::recreate() {
  ++counts_.recreated;
  earlier_.clear();
  return_to({}, Ledger(*database_));
}

}  // namespace headwater::simulation
