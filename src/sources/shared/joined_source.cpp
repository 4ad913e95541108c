#include "src/sources/shared/joined_source.h"

#include <utility>

#include "src/ports/loss.h"

namespace headwater::sources {

JoinedSource::JoinedSource(JoinedParts parts, const Clock& clock)
    : parts_(std::move(parts)), join_(*parts_.log, *parts_.tables, parts_.policies.large, clock) {}

Result<void> JoinedSource::open(const Position& after, std::stop_token stop) {
  auto opened = reopen(after, stop);
  if (!opened) return fail(parts_.log->last_word(std::move(opened.error())));
  return opened;
}

Result<void> JoinedSource::reopen(const Position& after, const std::stop_token& stop) {
  at_ = after;
  opened_ = false;
  auto gone = go_to(after, stop);
  if (!gone) {
    parts_.log->stop();
    return gone;
  }
  opened_ = true;
  return {};
}

void JoinedSource::close() {
  opened_ = false;
  parts_.log->stop();
}

Result<ChangeBatch> JoinedSource::read(const ReadLimits& limits, Milliseconds wait,
                                       std::stop_token stop) {
  if (!opened_) {
    if (auto opened = open(at_, stop); !opened) return failed(opened);
  }
  auto batch = join_.read(limits, wait, stop);
  if (batch) return batch;
  at_ = join_.position();
  opened_ = false;
  parts_.log->stop();
  return fail(parts_.log->last_word(tried_again(std::move(batch.error()))));
}

/// Where there is a policy, open() carries it out.
Error JoinedSource::tried_again(Error error) const {
  if (is_loss(error) && parts_.policies.on_lost != OnLost::stop) error.remedy = Remedy::retry;
  return error;
}

Result<void> JoinedSource::go_to(const Position& after, const std::stop_token& stop) {
  if (after.empty()) {
    if (auto started = parts_.log->start(StartAt::now, stop); !started) return started;
    return begin(first_place(parts_.policies.snapshot), {}, stop);
  }
  auto place = parts_.log->seek(after, stop);
  if (place) return begin(std::move(*place), after, stop);
  if (parts_.policies.on_lost == OnLost::stop || !is_loss(place.error())) return failed(place);
  return go_on_after_loss(after, place.error(), stop);
}

Result<void> JoinedSource::begin(Place place, const Position& given, const std::stop_token& stop) {
  if (place.snapshot) {
    if (auto ready = parts_.tables->ready(); !ready) return ready;
    if (auto caught_up = parts_.tables->catch_up(stop); !caught_up) return caught_up;
  }
  join_.begin(std::move(place), given);
  return {};
}

Result<void> JoinedSource::go_on_after_loss(const Position& lost, const Error& loss,
                                            const std::stop_token& stop) {
  const bool restated = parts_.policies.on_lost == OnLost::snapshot;
  const bool rest_is_there = !restated && loss.name == history_lost;
  // Lost again, while history runs on: an error, and another try.
  const StartAt where = rest_is_there ? StartAt::oldest : StartAt::now;
  if (auto started = parts_.log->start(where, stop); !started) {
    return fail(tried_again(std::move(started.error())));
  }
  if (auto begun = begin(first_place(restated), {}, stop); !begun) return begun;
  Change gap = gap_after(lost, loss, restated);
  parts_.log->describe_gap(gap, lost);
  join_.put_first(std::move(gap), lost);
  return {};
}

}  // namespace headwater::sources
