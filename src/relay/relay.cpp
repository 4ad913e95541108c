// A thread for each lane, one mutex. A lane holds the mutex only to ask for a task and to report the result.
// Changes and events are moved, never copied, and never touched under the mutex.
#include "src/relay/relay.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "src/base/wait_for.h"
#include "src/relay/core.h"
#include "src/relay/measures.h"

namespace headwater {
namespace {

/// A database may search its whole log for the place.
constexpr Milliseconds longest_open{600'000};
constexpr Milliseconds longest_give_up{1'000};

RelayOptions with_interval_of(const LeaderHint* hint, RelayOptions options) {
  options.hint_interval = hint == nullptr ? Milliseconds(0) : hint->interval();
  return options;
}

}  // namespace

class Relay::Driver {
 public:
  Driver(const RelayOptions& options, Source& source, StreamWriter& writer, ShapeFunction shape,
         const Clock& clock, RelayObserver& observer, LeaderHint* hint)
      : source_(&source),
        writer_(&writer),
        hint_(hint),
        shape_(std::move(shape)),
        clock_(&clock),
        observer_(&observer),
        identity_(source.identity()),
        measures_(clock, options.loss_interval),
        core_(with_interval_of(hint, options), identity_, observer) {}

  Result<void> run(std::stop_token stop) {
    {
      const std::stop_callback on_stop(
          stop, [this] { report(&RelayCore::request_stop, clock_->steady()); });
      const std::jthread source([this] { lane(&RelayCore::next_for_source); });
      const std::jthread shape(
          [this] { lane([](auto& core, auto) { return core.next_for_shape(); }); });
      std::jthread hint;
      if (hint_ != nullptr) hint = std::jthread([this] { lane(&RelayCore::next_for_hint); });
      lane(&RelayCore::next_for_stream);
    }
    const std::scoped_lock lock(mutex_);
    if (core_.error()) return fail(*core_.error());
    return {};
  }

  [[nodiscard]] RelayProgress progress() const {
    RelayProgress now = [this] {
      const std::scoped_lock lock(mutex_);
      return core_.progress();
    }();
    measures_.add_to(now);
    const bool leads = now.state == RelayState::leading;
    if (leads && !now.position.empty()) now.source_lag = source_->lag(now.position);
    return now;
  }

 private:
  template <class Next>
  void lane(Next next) {
    bool more = true;
    while (more) {
      auto task = wait_for_task(next);
      more = std::visit([this](auto& what) { return this->perform(what); }, task);
    }
  }

  template <class Next>
  auto wait_for_task(Next next) {
    std::unique_lock lock(mutex_);
    while (true) {
      auto task = std::invoke(next, core_, clock_->steady());
      if (const auto* wait = std::get_if<task::Wait>(&task)) {
        sleep(lock, *wait);
        end_what_is_in_vain();
        continue;
      }
      if (std::holds_alternative<task::Finished>(task)) news();
      if constexpr (std::is_same_v<decltype(task), task::ForSource>) renew(source_stop_);
      if constexpr (std::is_same_v<decltype(task), task::ForStream>) renew(stream_stop_);
      if constexpr (std::is_same_v<decltype(task), task::ForHint>) renew(hint_stop_);
      end_what_is_in_vain();
      return task;
    }
  }

  void sleep(std::unique_lock<std::mutex>& lock, const task::Wait& wait) {
    if (!wait.until) return changed_.wait(lock);
    const auto left = *wait.until - clock_->steady();
    if (left.count() > 0) changed_.wait_for(lock, left);
  }

  /// For the next call: one that ended the last call cannot be used again.
  static void renew(std::stop_source& stop) {
    if (stop.stop_requested()) stop = std::stop_source();
  }

  /// The mutex is held.
  void news() {
    measures_.note_state(core_.state());
    end_what_is_in_vain();
    changed_.notify_all();
  }

  /// The mutex is held.
  void end_what_is_in_vain() {
    if (core_.source_call_is_in_vain()) source_stop_.request_stop();
    if (core_.stream_call_is_in_vain(clock_->steady())) stream_stop_.request_stop();
    if (core_.hint_call_is_in_vain()) hint_stop_.request_stop();
  }

  template <class How, class... What>
  void report(How how, What&&... what) {
    const std::scoped_lock lock(mutex_);
    std::invoke(how, core_, std::forward<What>(what)...);
    news();
  }

  /// On the source lane, between two of its calls.
  void look_for_loss() {
    measures_.look_for_loss(*source_, [this] {
      const std::scoped_lock lock(mutex_);
      return core_.progress().position;
    });
  }

  template <class Call>
  auto in_source_call(Milliseconds allowed, const Call& call) {
    return measures_.in_call(Measures::Lane::source, allowed, call);
  }
  template <class Call>
  auto in_stream_call(const Call& call) {
    return measures_.in_call(Measures::Lane::stream, Milliseconds(0), call);
  }

  bool perform(const task::Open& open) {
    // Only this lane replaces source_stop_, and not during this call.
    auto done = in_source_call(longest_open,
                               [&] { return source_->open(open.after, source_stop_.get_token()); });
    report(&RelayCore::opened, std::move(done), clock_->steady());
    return true;
  }

  bool perform(const task::Read& read) {
    auto batch = in_source_call(read.wait, [&] {
      auto found = source_->read(read.limits, read.wait, source_stop_.get_token());
      if (found) look_for_loss();
      return found;
    });
    if (batch && !batch->changes.empty()) {
      measures_.note_read(batch->changes);
      observer_->at(Step::read);
    }
    report(&RelayCore::read, std::move(batch), clock_->steady());
    return true;
  }

  bool perform(const task::Release& release) {
    auto done = in_source_call(Milliseconds(0), [&] { return source_->release(release.durable); });
    if (done) observer_->at(Step::released);
    report(&RelayCore::released, std::move(done), clock_->steady());
    return true;
  }

  bool perform(const task::Tend& /*task*/) {
    auto done = in_source_call(Milliseconds(0), [&] {
      auto tended = source_->tend();
      if (tended) look_for_loss();
      return tended;
    });
    report(&RelayCore::tended, std::move(done), clock_->steady());
    return true;
  }

  bool perform(const task::Close& /*task*/) {
    in_source_call(Milliseconds(0), [&] {
      source_->close();
      return true;
    });
    report(&RelayCore::closed);
    return true;
  }

  bool perform(task::Shape& shape) {
    const auto within = [&](Change&& change, std::vector<Event>& events) {
      return shape_(std::move(change), largest_event_.load(), events);
    };
    Shaped done = shape_all(std::move(shape.changes), within);
    if (!done.events.empty()) observer_->at(Step::shaped);
    report(&RelayCore::shaped, std::move(done));
    return true;
  }

  bool perform(const task::ReadTail& /*task*/) {
    auto tail = in_stream_call([&] { return writer_->tail(stream_stop_.get_token()); });
    // Before any change is read, because its event must fit.
    largest_event_ = writer_->limits().event;
    report(&RelayCore::tail_read, std::move(tail), clock_->steady());
    return true;
  }

  bool perform(const task::Append& append) {
    observer_->at(Step::before_append);
    const SteadyTime began = clock_->steady();
    auto done = in_stream_call([&] {
      return writer_->append(append.expected, append.events, append.position, identity_,
                             stream_stop_.get_token());
    });
    const bool durable = done.has_value();
    if (durable) measures_.note_appended(append.events, clock_->steady() - began);
    if (durable) observer_->at(Step::after_append);
    report(&RelayCore::appended, std::move(done), clock_->steady());
    if (durable) observer_->at(Step::acknowledged);
    return true;
  }

  bool perform(const task::Maintain& /*task*/) {
    auto done = in_stream_call([&] {
      auto maintained = writer_->maintain();
      if (maintained) measures_.look_for_room(*writer_);
      return maintained;
    });
    report(&RelayCore::maintained, std::move(done), clock_->steady());
    return true;
  }

  bool perform(const task::AskClaim& /*task*/) {
    auto answer = hint_->claim(hint_stop_.get_token());
    report(&RelayCore::claimed, std::move(answer), clock_->steady());
    return true;
  }

  bool perform(const task::TakeClaim& /*task*/) {
    auto answer = hint_->take(hint_stop_.get_token());
    report(&RelayCore::claimed, std::move(answer), clock_->steady());
    return true;
  }

  bool perform(const task::GiveUpClaim& /*task*/) {
    // The relay's end waits for it, so it has a limit of its own.
    const std::jthread limit([this](const std::stop_token& done) {
      if (wait_for(longest_give_up, done)) hint_stop_.request_stop();
    });
    // If it failed, the claim lapses.
    static_cast<void>(hint_->give_up(hint_stop_.get_token()));
    report(&RelayCore::gave_up);
    return true;
  }

  bool perform(const task::Wait& /*never here*/) { return true; }
  bool perform(const task::Finished& /*task*/) { return false; }

  Source* source_;
  StreamWriter* writer_;
  LeaderHint* hint_;  // may be null
  ShapeFunction shape_;
  const Clock* clock_;
  RelayObserver* observer_;
  std::string identity_;
  std::atomic<std::size_t> largest_event_{std::numeric_limits<std::size_t>::max()};

  Measures measures_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RelayCore core_;
  std::stop_source source_stop_;
  std::stop_source stream_stop_;
  std::stop_source hint_stop_;
};

Relay::Relay(const RelayOptions& options, Source& source, StreamWriter& writer, ShapeFunction shape,
             const Clock& clock, RelayObserver& observer, LeaderHint* hint)
    : driver_(std::make_unique<Driver>(options, source, writer, std::move(shape), clock, observer,
                                       hint)) {}
Relay::~Relay() = default;

Result<void> Relay::run(std::stop_token stop) { return driver_->run(stop); }

RelayProgress Relay::progress() const { return driver_->progress(); }

}  // namespace headwater
