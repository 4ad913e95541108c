#include "src/materialize/copier.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "src/base/invariant.h"
#include "src/base/wait_for.h"
#include "src/materialize/errors.h"

namespace headwater::materialize {
namespace {

constexpr Milliseconds between_acknowledgements{1'000};
constexpr Milliseconds look_again{500};
constexpr ReadLimits one_event{.count = 1, .bytes = std::size_t{1} << 20U};

bool is_of_place(const Error& error) {
  return error.name == "stream.beyond_end" || error.name == "stream.recreated";
}

}  // namespace

Copier::Copier(StreamReader& reading, StreamReader& asking, Target& target, CopierOptions options,
               const Clock& clock, Retry retry, CopyObserver& observer)
    : reading_(reading),
      asking_(asking),
      target_(target),
      options_(std::move(options)),
      made_with_(text_of(options_.decoder)),
      clock_(clock),
      retry_(std::move(retry)),
      observer_(observer) {}

Result<void> Copier::run(std::stop_token stop) {
  stop_ = std::move(stop);
  for (;;) {
    if (auto begun = begin(); !begun) return begun;
    auto done = follow();
    const bool conflict = !done && done.error().remedy == Remedy::stand_by;
    if (!conflict || !options_.stand_by) return done;
    observer_.stands_by(done.error());
    if (auto waited = wait_for_other(); !waited) return waited;
    if (stop_.stop_requested()) return {};
  }
}

Result<void> Copier::begin() {
  auto place = retried(retry_, stop_, [this] { return target_.place(); });
  if (!place) return failed(place);
  place_ = *std::move(place);
  place_.stream = options_.stream;
  if (auto same = check_options(); !same) return same;
  auto checked = check_place();
  if (!checked) return checked;
  if (auto held = hold_retention(); !held) return held;
  progress_.sequence = place_.sequence;
  observer_.begins(place_);
  return {};
}

Result<void> Copier::check_options() const {
  if (place_.sequence == 0 || place_.options.empty() || place_.options == made_with_) return {};
  return fail(other_options(place_, made_with_));
}

/// The event at the place shows whether this is still the stream that the copy was made from.
Result<void> Copier::check_place() {
  if (place_.sequence == 0) {
    return options_.incomplete ? Result<void>() : check_beginning(asking_, retry_, stop_);
  }
  auto found = retried(retry_, stop_, [this] {
    return asking_.read(place_.sequence, one_event, Milliseconds(0), stop_);
  });
  if (!found) {
    return fail(is_of_place(found.error()) ? of_place(found.error(), place_) : found.error());
  }
  if (!found->empty() && found->front().sequence == place_.sequence) {
    const Event& event = found->front().event;
    const std::string is = event.source.text() + " " + event.id;
    if (is != place_.event) return fail(other_stream(place_, is));
    return {};
  }
  auto range = retried(retry_, stop_, [this] { return asking_.range(); });
  if (!range) return failed(range);
  // Reading one past the end is not an error.
  if (range->last < place_.sequence) return fail(went_back(place_, range->last));
  if (range->first > place_.sequence + 1) return fail(aged_out(place_, range->first));
  return {};
}

Result<void> Copier::hold_retention() {
  if (options_.consumer.empty()) return {};
  auto known = retried(retry_, stop_, [this] { return asking_.acknowledged(options_.consumer); });
  // A new copy does not care where an earlier one was.
  if (!known && is_of_place(known.error()) && place_.sequence == 0) {
    if (auto forgotten = forget(); !forgotten) return forgotten;
  } else if (!known) {
    return fail(is_of_place(known.error()) ? of_place(known.error(), place_) : known.error());
  } else if (known->value_or(0) > place_.sequence) {
    // The copy is older than it was, as after a restored backup.
    if (auto forgotten = forget(); !forgotten) return forgotten;
  }
  acknowledged_ = 0;
  return acknowledge(true);
}

Result<void> Copier::forget() {
  return retried(retry_, stop_, [this] { return asking_.forget(options_.consumer); });
}

Result<void> Copier::follow() {
  Feed feed(reading_, options_.decoder, {.after = place_, .incomplete = options_.incomplete},
            options_.end, retry_);
  while (!stop_.stop_requested()) {
    auto batch = feed.next(look_again, stop_);
    if (!batch) return failed(batch);
    if (!*batch) {
      observer_.applied(progress_);
      continue;
    }
    if ((*batch)->events > 0) {
      if (auto done = apply(**batch); !done) return done;
    }
    if ((*batch)->last) break;
    feed.spend(std::move(**batch));
  }
  return acknowledge(true);
}

Result<void> Copier::apply(Batch& batch) {
  batch.place.stream = options_.stream;
  batch.place.options = made_with_;
  batch.place.generation = place_.generation;
  bool in_doubt = false;
  auto done = retried(retry_, stop_, [&] { return apply_once(batch, in_doubt); });
  if (!done) return done;
  invariant(batch.place.sequence > place_.sequence, "a copy only moves forward");
  place_ = batch.place;
  progress_.events += batch.events;
  progress_.gaps += batch.gaps.size();
  progress_.sequence = place_.sequence;
  progress_.time = batch.time;
  for (const std::string& gap : batch.gaps) observer_.has_gap(gap);
  observer_.applied(progress_);
  return acknowledge(false);
}

/// A try that failed may have been applied: then the place says so.
Result<void> Copier::apply_once(Batch& batch, bool& in_doubt) {
  if (in_doubt) {
    auto place = target_.place();
    if (!place) return failed(place);
    if (same_place(*place, batch.place)) return {};
  }
  auto applied = target_.apply(place_, batch.operations(), batch.place);
  in_doubt = !applied && applied.error().remedy == Remedy::retry;
  if (!applied) return failed(applied);
  progress_.left_out += *applied;
  return {};
}

/// Keeps the event at the place in the stream: it identifies the stream at the next start.
Result<void> Copier::acknowledge(bool now) {
  if (options_.consumer.empty()) return {};
  const bool early = clock_.steady() - acknowledged_at_ < between_acknowledgements;
  const std::uint64_t up_to = place_.sequence == 0 ? 0 : place_.sequence - 1;
  if (!now && (early || up_to == acknowledged_)) return {};
  acknowledged_at_ = clock_.steady();
  acknowledged_ = up_to;
  return retried(retry_, stop_, [&] { return asking_.acknowledge(options_.consumer, up_to); });
}

Result<void> Copier::wait_for_other() {
  SteadyTime since = clock_.steady();
  CopyPlace seen;
  while (wait_for(look_again, stop_)) {
    auto place = retried(retry_, stop_, [this] { return target_.place(); });
    if (!place) return failed(place);
    auto range = retried(retry_, stop_, [this] { return asking_.range(); });
    if (!range) return failed(range);
    const bool waits = same_place(*place, seen) && range->last > seen.sequence;
    if (!waits) since = clock_.steady();
    seen = *std::move(place);
    if (clock_.steady() - since >= options_.takeover_after) return {};
  }
  return {};
}

}  // namespace headwater::materialize
