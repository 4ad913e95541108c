#include "src/sources/shared/joined_source.h"

#include <utility>

#include "src/ports/loss.h"

namespace headwater::sources {
namespace {

Place first_place(bool snapshot) {
  Place place;
  if (snapshot) place.snapshot.emplace();
  return place;
}

}  // namespace

JoinedSource::JoinedSource(JoinedOptions options, std::unique_ptr<ChangeLog> log,
                           std::unique_ptr<TableReader> tables, const Clock& clock)
    : options_(std::move(options)),
      log_(std::move(log)),
      tables_(std::move(tables)),
      join_(*log_, *tables_, options_.policies.large, clock) {}

Result<void> JoinedSource::open(const Position& after) {
  at_ = after;
  opened_ = false;
  auto gone = go_to(after);
  if (!gone) {
    log_->stop();
    return gone;
  }
  opened_ = true;
  return {};
}

Result<ChangeBatch> JoinedSource::read(const ReadLimits& limits, Milliseconds wait,
                                       std::stop_token stop) {
  if (!opened_) {
    if (auto opened = JoinedSource::open(at_); !opened) return failed(opened);
  }
  auto batch = join_.read(limits, wait, stop);
  if (batch) return batch;
  at_ = join_.position();
  opened_ = false;
  log_->stop();
  return fail(tried_again(std::move(batch.error())));
}

/// Where there is a policy, open() carries it out.
Error JoinedSource::tried_again(Error error) const {
  if (is_loss(error) && options_.policies.on_lost != OnLost::stop) error.remedy = Remedy::retry;
  return error;
}

Result<void> JoinedSource::go_to(const Position& after) {
  if (after.empty()) {
    if (auto started = log_->start(StartAt::now); !started) return started;
    return begin(first_place(options_.policies.snapshot), {});
  }
  auto place = log_->seek(after);
  if (place) return begin(std::move(*place), after);
  if (options_.policies.on_lost == OnLost::stop || !is_loss(place.error())) return failed(place);
  return go_on_after_loss(after, place.error());
}

Result<void> JoinedSource::begin(Place place, const Position& given) {
  if (place.snapshot) {
    if (auto ready = tables_->ready(); !ready) return ready;
  }
  join_.begin(std::move(place), given);
  return {};
}

Result<void> JoinedSource::go_on_after_loss(const Position& lost, const Error& loss) {
  const bool restated = options_.policies.on_lost == OnLost::snapshot;
  const bool rest_is_there = !restated && loss.name == history_lost;
  // Lost again, while history runs on: an error, and another try.
  if (auto started = log_->start(rest_is_there ? StartAt::oldest : StartAt::now); !started) {
    return fail(tried_again(std::move(started.error())));
  }
  if (auto begun = begin(first_place(restated), {}); !begun) return begun;
  Change gap = gap_after(lost, loss, restated);
  log_->describe_gap(gap, lost);
  join_.put_first(std::move(gap), lost);
  return {};
}

Result<Position> beginning(ChangeLog& log, bool snapshot) {
  if (auto started = log.start(StartAt::now); !started) return failed(started);
  return log.position(first_place(snapshot));
}

}  // namespace headwater::sources
