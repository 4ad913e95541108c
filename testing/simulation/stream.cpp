#include "testing/simulation/stream.h"

#include <algorithm>

namespace headwater::simulation {
namespace {

Error no_answer(const char* why) {
  return {.remedy = Remedy::retry,
          .origin = Origin::stream,
          .name = "stream.away",
          .message = std::string("simulated: ") + why};
}

}  // namespace

Result<Durable> Stream::tail() {
  if (down() || world_->mishap(30)) return fail(no_answer("no answer"));
  return Durable::confirmed_by_stream(tail_);
}

Result<Durable> Stream::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source) {
  if (down() || world_->mishap(20)) return fail(no_answer("request lost"));
  if (expected != tail_ && broken_ != Broken::fence) {
    world_->trace([&] { return "stream: conflict, the tail is at " + tail_.position.token; });
    return fail({.remedy = Remedy::stand_by,
                 .origin = Origin::stream,
                 .name = "stream.conflict",
                 .message = "simulated: another tail"});
  }
  earlier_.push_back(tail_);
  const bool cut = !transactional_ && events.size() > 1 && world_->mishap(60);
  if (cut) events = events.first(world_->chance.between(1, events.size() - 1));
  const std::size_t before = ids_.size();
  for (const Event& event : events) ids_.push_back(std::stoull(event.id));
  tail_ = Tail{ids_.size(), cut ? events.back().position : position, source};
  last_moved_ = world_->now();
  furthest_durable_ = std::max(furthest_durable_, sequence_of(tail_.position));
  world_->trace([&] {
    return "stream: " + std::to_string(events.size()) + " events" + (cut ? ", cut short" : "") +
           ", now at " + tail_.position.token;
  });
  check(before);
  if (cut) return fail(no_answer("cut short"));
  if (world_->mishap(30)) return fail(no_answer("reply lost"));
  return Durable::confirmed_by_stream(tail_);
}

void Stream::check(std::size_t before) const {
  const auto& should = database_->in_scope();
  for (std::size_t i = before; i < ids_.size(); ++i) {
    if (i < should.size() && ids_[i] == should[i]) continue;
    return world_->fail("event " + std::to_string(i + 1) + " of the stream is change " +
                        std::to_string(ids_[i]) + ", should be " +
                        (i < should.size() ? std::to_string(should[i]) : "none"));
  }
  const std::uint64_t position = sequence_of(tail_.position);
  if (position > database_->head() || database_->in_scope_up_to(position) != ids_.size()) {
    world_->fail("position " + tail_.position.token + " does not belong to " +
                 std::to_string(ids_.size()) + " events");
  }
}

void Stream::go_back(std::uint64_t appends) {
  while (appends > 0 && !earlier_.empty()) {
    // Someone may be about to tell the source that it may forget all but its history.
    const std::uint64_t position = sequence_of(earlier_.back().position);
    if (position + database_->history() < furthest_durable_) break;
    tail_ = earlier_.back();
    earlier_.pop_back();
    --appends;
  }
  ids_.resize(tail_.sequence);
  last_moved_ = world_->now();
  ++times_gone_back_;
  world_->trace([&] { return "stream went back to " + tail_.position.token; });
}

}  // namespace headwater::simulation
