#include "src/relay/relay.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "src/relay/core.h"

namespace headwater {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

/// The core is asked and told under the lock; tasks are carried out outside of it.
class Relay::Lanes {
 public:
  Lanes(RelayOptions options, Source& source, StreamWriter& stream, Shaper shaper,
        const Clock& clock, RelayObserver& observer)
      : source_(source),
        stream_(stream),
        shaper_(std::move(shaper)),
        clock_(clock),
        observer_(observer),
        identity_(source.identity()),
        core_(std::move(options), identity_) {}

  Result<void> run(std::stop_token stop) {
    const std::stop_callback on_stop(
        stop, [this] { tell([](RelayCore& core, SteadyTime) { core.request_stop(); }); });
    {
      const std::jthread source([this] { run_source(); });
      const std::jthread shape([this] { run_shape(); });
      run_stream();
    }
    if (core_.failure()) return fail(*core_.failure());
    return {};
  }

  [[nodiscard]] RelayProgress progress() const {
    const std::lock_guard lock(mutex_);
    return core_.progress();
  }

 private:
  /// The next task of a lane that is not Idle; blocks until there is one.
  template <class Task>
  Task next(Task (RelayCore::*ask)(SteadyTime)) {
    std::unique_lock lock(mutex_);
    for (;;) {
      Task task = (core_.*ask)(clock_.steady());
      const auto* idle = std::get_if<task::Idle>(&task);
      if (idle == nullptr) return task;
      if (idle->until) {
        something_reported_.wait_for(lock, *idle->until - clock_.steady());
      } else {
        something_reported_.wait(lock);
      }
    }
  }

  template <class Report>
  void tell(Report&& report) {
    std::vector<RelayNote> notes;
    {
      const std::lock_guard lock(mutex_);
      report(core_, clock_.steady());
      notes = core_.take_notes();
      if (core_.read_is_stale()) current_read_.request_stop();
    }
    something_reported_.notify_all();
    const std::lock_guard lock(notes_mutex_);
    for (const RelayNote& note : notes) observer_.note(note);
  }

  void run_source() {
    const Overloaded lane{
        [](const task::Idle&) { return true; }, [](const task::Finished&) { return false; },
        [this](const task::Open& open) {
          auto result = source_.open(open.after);
          tell([&](RelayCore& core, SteadyTime now) { core.opened(std::move(result), now); });
          return true;
        },
        [this](const task::Read& read) {
          read_changes(read);
          return true;
        },
        [this](const task::Release& release) {
          auto result = source_.release(release.durable);
          observer_.at(Step::released);
          tell([&](RelayCore& core, SteadyTime now) { core.released(std::move(result), now); });
          return true;
        }};
    while (std::visit(lane, next(&RelayCore::next_source))) {
    }
  }

  void read_changes(const task::Read& read) {
    std::stop_token stale;
    {
      // A report may have made the read stale between its beginning and here.
      const std::lock_guard lock(mutex_);
      current_read_ = std::stop_source();
      stale = current_read_.get_token();
      if (core_.read_is_stale()) current_read_.request_stop();
    }
    auto result = source_.read(read.limits, read.wait, stale);
    if (result && !result->changes.empty()) observer_.at(Step::read);
    tell([&](RelayCore& core, SteadyTime now) { core.read(std::move(result), now); });
  }

  void run_shape() {
    const Overloaded lane{
        [](const task::Idle&) { return true; }, [](const task::Finished&) { return false; },
        [this](task::Shape& shape) {
          auto result = shape_all(shape.changes);
          observer_.at(Step::shaped);
          tell([&](RelayCore& core, SteadyTime now) { core.shaped(std::move(result), now); });
          return true;
        }};
    for (;;) {
      ShapeTask task = next(&RelayCore::next_shape);
      if (!std::visit(lane, task)) return;
    }
  }

  Result<std::vector<Event>> shape_all(const std::vector<Change>& changes) {
    std::vector<Event> events;
    events.reserve(changes.size());
    for (const Change& change : changes) {
      auto event = shaper_(change, identity_);
      if (!event) return fail(std::move(event.error()));
      events.push_back(std::move(*event));
    }
    return events;
  }

  void run_stream() {
    const Overloaded lane{
        [](const task::Idle&) { return true; }, [](const task::Finished&) { return false; },
        [this](const task::ReadTail&) {
          auto result = stream_.tail();
          tell([&](RelayCore& core, SteadyTime now) { core.tail_read(std::move(result), now); });
          return true;
        },
        [this](const task::Append& append) {
          observer_.at(Step::before_append);
          auto result = stream_.append(append.expected, append.events, append.position, identity_);
          observer_.at(Step::after_append);
          const bool durable = result.has_value();
          tell([&](RelayCore& core, SteadyTime now) { core.appended(std::move(result), now); });
          if (durable) observer_.at(Step::acknowledged);
          return true;
        },
        [this](const task::Maintain&) {
          auto result = stream_.maintain();
          tell([&](RelayCore& core, SteadyTime now) { core.maintained(std::move(result), now); });
          return true;
        }};
    while (std::visit(lane, next(&RelayCore::next_stream))) {
    }
  }

  Source& source_;
  StreamWriter& stream_;
  const Shaper shaper_;
  const Clock& clock_;
  RelayObserver& observer_;
  const std::string identity_;

  mutable std::mutex mutex_;
  std::condition_variable something_reported_;
  RelayCore core_;
  std::stop_source current_read_;
  std::mutex notes_mutex_;
};

Relay::Relay(RelayOptions options, Source& source, StreamWriter& stream, Shaper shaper,
             const Clock& clock, RelayObserver& observer)
    : lanes_(std::make_unique<Lanes>(std::move(options), source, stream, std::move(shaper), clock,
                                     observer)) {}

Relay::~Relay() = default;

Result<void> Relay::run(std::stop_token stop) { return lanes_->run(std::move(stop)); }

RelayProgress Relay::progress() const { return lanes_->progress(); }

}  // namespace headwater
