#include "testing/disasters/faulty_relay.h"

#include <ctime>
#include <memory>
#include <span>
#include <utility>

#include "src/cli/configured.h"
#include "src/cli/log.h"
#include "src/cli/running_relay.h"
#include "src/cli/signals.h"
#include "src/ports/adapter.h"
#include "src/ports/stream.h"

namespace headwater::rig {
namespace {

/// Makes the system send the signal to the whole process, whatever its threads do then.
void send_signal_in(std::chrono::microseconds span, int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  timer_t timer{};
  // A timer that is set to 0 never fires.
  const auto nanoseconds = std::chrono::nanoseconds(span).count() + 1;
  const itimerspec once{
      .it_interval = {},
      .it_value = {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000}};
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
      ::timer_settime(timer, 0, &once, nullptr) != 0) {
    std::abort();
  }
}

/// A writer of the stream, with the fault inside an append.
class FaultyWriter final : public StreamWriter {
 public:
  FaultyWriter(std::unique_ptr<StreamWriter> writer, const Fault& fault, RelayState& state)
      : writer_(std::move(writer)), fault_(fault), state_(state), left_(fault.passing) {}

  Result<Durable> tail(std::stop_token stop) override { return writer_->tail(std::move(stop)); }
  [[nodiscard]] StreamLimits limits() const override { return writer_->limits(); }
  Result<bool> maintain() override { return writer_->maintain(); }

  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override {
    state_.appending = true;
    if (!fault_.step && left_-- == 1) send_signal_in(fault_.into_append, fault_.signal);
    auto done = writer_->append(expected, events, position, source, std::move(stop));
    state_.appending = false;
    if (done) ++state_.appends;
    if (!done && done.error().remedy == Remedy::stand_by) ++state_.refused;
    return done;
  }

 private:
  std::unique_ptr<StreamWriter> writer_;
  Fault fault_;
  RelayState& state_;
  std::uint64_t left_;
};

/// The configured stream, with faulty writers.
class FaultyStream final : public StreamAdapter {
 public:
  FaultyStream(std::unique_ptr<StreamAdapter> stream, const Fault& fault, RelayState& state)
      : stream_(std::move(stream)), fault_(fault), state_(state) {}

  [[nodiscard]] std::string describe() const override { return stream_->describe(); }
  [[nodiscard]] bool exactly_once() const override { return stream_->exactly_once(); }
  [[nodiscard]] bool takes_several_relays() const override {
    return stream_->takes_several_relays();
  }
  Result<Report> prepare(const std::string& relay) override { return stream_->prepare(relay); }
  Result<Report> remove(const std::string& relay) override { return stream_->remove(relay); }
  Report check(const std::string& relay) override { return stream_->check(relay); }
  Result<std::unique_ptr<StreamReader>> reader() override { return stream_->reader(); }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    auto writer = stream_->writer(relay);
    if (!writer) return writer;
    return std::make_unique<FaultyWriter>(*std::move(writer), fault_, state_);
  }

 private:
  std::unique_ptr<StreamAdapter> stream_;
  Fault fault_;
  RelayState& state_;
};

class FaultyRelay final : public cli::RunningRelay {
 public:
  FaultyRelay(cli::ConfiguredRelay configured, const Clock& clock, cli::Log& log,
              const Fault& fault, RelayState& state)
      : RunningRelay(std::move(configured), false, clock, log),
        fault_(fault),
        state_(state),
        left_(fault.passing) {}

  void at(Step step) override {
    state_.connected = true;
    // raise() signals this thread, so it cannot reach another step first.
    if (step == fault_.step && left_.fetch_sub(1) == 1) ::raise(fault_.signal);
  }

 private:
  Fault fault_;
  RelayState& state_;
  std::atomic<std::uint64_t> left_;
};

}  // namespace

int run_faulty_relay(const std::string& config, const Fault& fault, RelayState& state) {
  const SystemClock clock;
  cli::Log log(clock);
  log.configure(cli::LogFormat::json, cli::LogLevel::info);
  const cli::Target target{.file = config, .relay = {}};
  auto configured = cli::configured_relay(target, clock);
  if (!configured) return cli::end_with(configured.error(), target, log);
  configured->stream = std::make_unique<FaultyStream>(std::move(configured->stream), fault, state);
  const cli::Signals signals(log);
  FaultyRelay relay(std::move(*configured), clock, log, fault, state);
  auto done = relay.run(signals.stop());
  return done ? 0 : cli::end_with(done.error(), target, log);
}

}  // namespace headwater::rig
