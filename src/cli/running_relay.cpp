#include "src/cli/running_relay.h"

#include <algorithm>

#include "src/base/grouped.h"
#include "src/base/wait_for.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/relay/relay.h"
#include "src/shape/shape.h"

namespace headwater::cli {
namespace {

constexpr Milliseconds first_delay{200};

std::uint64_t sum_of(const std::map<std::string, std::uint64_t, std::less<>>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

}  // namespace

RunningRelay::RunningRelay(ConfiguredRelay configured, bool until_current, const Clock& clock,
                           Log& log)
    : configured_(std::move(configured)),
      until_current_(until_current),
      clock_(clock),
      log_(log),
      since_(clock.wall()) {}

RunningRelay::~RunningRelay() = default;

Result<void> RunningRelay::run(std::stop_token stop) {
  auto result = work(std::move(stop));
  const std::lock_guard lock(mutex_);
  ended_ = true;
  since_ = clock_.wall();
  if (!result) error_ = result.error().name;
  return result;
}

Result<void> RunningRelay::work(std::stop_token stop) {
  if (auto connected = connect_patiently(stop); !connected) return connected;
  if (stop.stop_requested()) return {};
  RelayOptions options;
  options.name = configured_.name;
  options.on_conflict =
      configured_.on_conflict == config::OnConflict::exit ? OnConflict::exit : OnConflict::standby;
  options.takeover_after = configured_.takeover_after;
  options.append_pause = configured_.append_pause;
  options.until_current = until_current_;
  options.tend_interval = source_->tend_interval() / 2;
  // A stream that keeps no tail always returns an empty one.
  options.empty_tail_is_beginning = source_->has_beginning() || !configured_.stream->exactly_once();
  // Only for the jitter between relays that fail at the same time.
  options.seed = static_cast<std::uint64_t>(clock_.steady().time_since_epoch().count());
  if (configured_.hint) hint_ = configured_.hint->open(name(), clock_);
  const auto within = [shaper = Shaper(source_->identity(), configured_.source->on_large())](
                          Change&& change, std::size_t limit, std::vector<Event>& events) mutable {
    shaper.limit(limit);
    return shaper.apply(std::move(change), events);
  };
  {
    const std::lock_guard lock(mutex_);
    relay_ = std::make_unique<Relay>(std::move(options), *source_, *writer_, within, clock_, *this,
                                     hint_.get());
  }
  auto result = relay_->run(std::move(stop));
  const RelayProgress last = relay_->progress();
  log_.write(LogLevel::info, name(), "relay.stopped",
             "stopped after " + grouped(last.events_appended) + " events, at event " +
                 std::to_string(last.tail_sequence),
             {{"events", last.events_appended},
              {"appends", last.appends},
              {"conflicts", last.conflicts},
              {"retries", sum_of(last.retries)},
              {"tail", last.tail_sequence}});
  return result;
}

RelayProgress RunningRelay::progress() const {
  const std::lock_guard lock(mutex_);
  RelayProgress now = relay_ ? relay_->progress() : RelayProgress();
  for (const auto& [error, count] : early_retries_) now.retries[error] += count;
  if (!relay_) now.retrying = early_retrying_;
  if (!relay_ || ended_) now.state_since = since_;
  if (ended_) {
    now.state = RelayState::ended;
    now.retrying.reset();
  }
  return now;
}

RelayFigures RunningRelay::figures() const {
  RelayFigures figures{.relay = name(), .progress = progress()};
  figures.source = configured_.source->describe();
  figures.stream = configured_.stream->describe();
  figures.promise = promise(*configured_.source, *configured_.stream);
  const Position& position = figures.progress.position;
  if (!position.empty()) figures.position = configured_.source->explain(position);
  const std::lock_guard lock(mutex_);
  figures.error = error_;
  return figures;
}

Result<void> RunningRelay::connect() {
  if (!writer_) {
    auto writer = configured_.stream->writer(name());
    if (!writer) return failed(writer);
    writer_ = *std::move(writer);
  }
  if (!source_) {
    auto source = configured_.source->connect(name());
    if (!source) return failed(source);
    source_ = *std::move(source);
  }
  return announce();
}

// A database or stream that is down at the start gets the same retries as later.
Result<void> RunningRelay::connect_patiently(const std::stop_token& stop) {
  const Milliseconds longest_delay = RelayOptions().retry_longest;
  for (Milliseconds delay = first_delay;; delay = std::min(delay * 2, longest_delay)) {
    auto connected = connect();
    if (connected || connected.error().remedy != Remedy::retry) return connected;
    {
      const std::lock_guard lock(mutex_);
      ++early_retries_[connected.error().name];
      if (!early_retrying_) early_retrying_ = Retrying{.since = clock_.steady(), .error = {}};
      early_retrying_->error = connected.error().name;
    }
    note_retry(connected.error(), delay);
    if (!wait_for(delay, stop)) return {};
  }
}

Result<void> RunningRelay::announce() {
  auto tail = writer_->tail();
  if (!tail) return failed(tail);
  const Tail& found = tail->tail();
  const std::string place = found.position.empty()
                                ? "from the beginning"
                                : "position: " + configured_.source->explain(found.position) +
                                      ", event " + std::to_string(found.sequence);
  const std::string label = promise(*configured_.source, *configured_.stream);
  log_.write(LogLevel::info, name(), "relay.begin",
             configured_.source->describe() + " -> " + configured_.stream->describe() + ", " +
                 label + ", " + place,
             {{"source", configured_.source->describe()},
              {"source_identity", source_->identity()},
              {"stream", configured_.stream->describe()},
              {"label", label},
              {"tail", found.sequence},
              {"position", found.position.token}});
  return {};
}

void RunningRelay::note_retry(const Error& error, Milliseconds delay) {
  if (!retry_lines_.due(error.name, delay, clock_.steady())) return;
  log_.write(LogLevel::warn, name(), "relay.retrying",
             error.message + "; retrying in " + std::to_string(delay.count()) + " ms",
             {{"error", error.name}, {"delay_ms", delay.count()}});
}

void RunningRelay::note_gap(const Gap& gap) {
  log_.write(
      LogLevel::warn, name(), "relay.gap",
      "changes are missing from the stream: " + gap.reason + " (from " + gap.from + " to " +
          gap.to + ")" + (gap.restated ? "; the rows are read again" : ""),
      {{"reason", gap.reason}, {"from", gap.from}, {"to", gap.to}, {"restated", gap.restated}});
}

void RunningRelay::note(const RelayNote& note) {
  const std::string event = "event " + std::to_string(note.sequence);
  const Fields fields{{"tail", note.sequence}};
  switch (note.kind) {
    case RelayNote::Kind::leading:
      log_.write(LogLevel::info, name(), "relay.leading", "leading, after " + event, fields);
      break;
    case RelayNote::Kind::standing_by:
      log_.write(LogLevel::info, name(), "relay.standing_by",
                 "standing by: another relay is leading, at " + event, fields);
      break;
    case RelayNote::Kind::taking_over:
      log_.write(LogLevel::warn, name(), "relay.taking_over",
                 "taking over: the tail has not moved from " + event, fields);
      break;
    case RelayNote::Kind::claimed:
      log_.write(LogLevel::warn, name(), "relay.taking_over",
                 "taking over: the claim to lead is free, at " + event, fields);
      break;
    case RelayNote::Kind::end_lost:
      log_.write(LogLevel::warn, name(), "relay.end_lost",
                 "the stream lost its end (a failover, or an old copy?); publishing again the "
                 "changes after " +
                     event,
                 fields);
      break;
    case RelayNote::Kind::retrying:
      if (note.error) note_retry(*note.error, note.delay);
      break;
    case RelayNote::Kind::gap:
      if (note.gap) note_gap(*note.gap);
      break;
    case RelayNote::Kind::stopped:
      // With an error: run() returns it, and its caller logs it.
      break;
  }
}

}  // namespace headwater::cli
