#include "src/gateway/live.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "src/base/number_in.h"
#include "src/gateway/errors.h"
#include "src/ports/place.h"

namespace headwater::gateway {
namespace {

constexpr std::chrono::seconds heartbeat{15};
// Until the next try at a stream that cannot be read.
constexpr std::chrono::seconds retry_pause{1};
// So that proxies pass on the head at once.
constexpr const char* greeting = ": headwater\n\n";
constexpr const char* beat = ":\n\n";

std::string head() {
  return serve::endless_head(
             {.status = 200,
              .type = "text/event-stream",
              .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}}) +
         greeting;
}

}  // namespace

Result<Start> live_start(const serve::Request& request, const serve::Parameters& parameters) {
  for (const auto& [name, value] : parameters) {
    if (name == "from" || name == "consumer") continue;
    return fail(bad_request("there is no parameter '" + name + "'", "use from or consumer"));
  }
  const std::string* const last = request.header("last-event-id");
  if (last == nullptr || last->empty()) return start_from(parameters, Start::At::latest);
  const auto sequence = whole_number(*last);
  if (sequence && *sequence < UINT64_MAX) {
    return Start{.first = {.at = Start::At::sequence, .sequence = *sequence + 1}};
  }
  return fail(bad_request("the Last-Event-ID is not one of this stream",
                          "send the last id that you have got, which is a number"));
}

LiveReply::LiveReply(Feed& feed, Start start, SteadyTime now)
    : feed_(feed), start_(std::move(start)), watch_(feed), ring_(feed.ring()), quiet_since_(now) {
  find_start();
}

void LiveReply::find_start() {
  asked_of_ = ring_->end() != 0 ? ring_.get() : nullptr;
  asked_ = feed_.ask<Part>(start_.bound(),
                           [start = start_, relay = feed_.relay()](
                               StreamReader& reader, const std::stop_token& stop) -> Result<Part> {
                             auto next = resolve(reader, start, relay, stop);
                             if (!next) return failed(next);
                             return Part{.chunk = nullptr, .next = *next};
                           });
}

void LiveReply::read_page() {
  asked_of_ = ring_->end() != 0 ? ring_.get() : nullptr;
  const ReadLimits limits{.count = most_events_in_a_chunk, .bytes = feed_.page_bytes()};
  // Whatever the ring has read before this question, the question finds.
  const std::uint64_t nothing_before = std::max(next_, ring_->end());
  asked_ = feed_.ask<Part>(
      Bound{.to_stream = next_ != 0, .life = life_},
      [=, next = next_, relay = feed_.relay()](StreamReader& reader,
                                               const std::stop_token& stop) -> Result<Part> {
        auto events = read_from(reader, relay, next, limits, Milliseconds(0), stop);
        if (!events) return failed(events);
        if (events->empty()) return Part{.chunk = nullptr, .next = nothing_before};
        return Part{.chunk = to_chunk(*events), .next = events->back().sequence + 1};
      });
}

serve::Reply::Next LiveReply::go_on(serve::Outgoing& to, std::size_t room, SteadyTime now) {
  const std::size_t before = to.size();
  if (!begun_) to.add(head());
  begun_ = true;
  if (!asked_.is_open() && retry_at_ != SteadyTime() && retry_at_ <= now) {
    retry_at_ = {};
    started_ ? read_page() : find_start();
  }
  while (to.size() < before + room) {
    const Got got = asked_.is_open() ? take_answer(to, now) : take_from_ring(to);
    if (got == Got::failure) return Next::closes;
    if (got == Got::nothing) break;
  }
  if (to.size() == before && now - quiet_since_ >= heartbeat) to.add(beat);
  if (to.size() > before) quiet_since_ = now;
  return Next::waits;
}

LiveReply::Got LiveReply::take_answer(serve::Outgoing& to, SteadyTime now) {
  auto part = asked_.take();
  if (!part) return Got::nothing;
  if (!*part) {
    const Error& error = part->error();
    if (is_about_place(error)) return end_with(to, for_client(error, feed_.relay()));
    retry_at_ = now + retry_pause;
    return Got::nothing;
  }
  if ((*part)->chunk) put(to, (*part)->chunk);
  has_all_ = started_ && !(*part)->chunk;
  started_ = true;
  next_ = (*part)->next;
  life_ = asked_.life();
  if (asked_of_ == ring_.get() && !are_different_lives(life_, ring_->life())) joined_ = asked_of_;
  return Got::something;
}

LiveReply::Got LiveReply::take_from_ring(serve::Outgoing& to) {
  // The failure may be that of an earlier stream, which this client never had anything of.
  if (ring_->has_failed() && next_ != 0 && !are_different_lives(life_, ring_->life())) {
    return end_with(to, ring_->error());
  }
  if (auto current = feed_.ring(); current != ring_) {
    ring_ = std::move(current);
    joined_ = nullptr;
  }
  if (retry_at_ != SteadyTime()) return Got::nothing;
  // It has whatever there was before the ring begins, and waits for that.
  if (has_all_ && ring_->end() == 0) return Got::nothing;
  if (joined_ == ring_.get()) {
    const auto chunk = ring_->chunk_from(next_);
    if (chunk && !*chunk) return Got::nothing;
    if (chunk) {
      put(to, *chunk);
      next_ = (*chunk)->last() + 1;
      return Got::something;
    }
  }
  read_page();
  return Got::nothing;
}

void LiveReply::put(serve::Outgoing& to, const SharedChunk& chunk) {
  to.add(std::shared_ptr<const std::string>(chunk, &chunk->bytes), chunk->offset_of(next_));
}

LiveReply::Got LiveReply::end_with(serve::Outgoing& to, const Error& error) {
  to.add("event: error\ndata: " + to_json(error) + "\n\n");
  return Got::failure;
}

SteadyTime LiveReply::wake_at() const {
  const SteadyTime next_beat = quiet_since_ + heartbeat;
  return retry_at_ == SteadyTime() ? next_beat : std::min(next_beat, retry_at_);
}

}  // namespace headwater::gateway
