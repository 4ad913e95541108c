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

/// To the whole process, by the system and not by one of its threads: whatever it does then.
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

/// The stream's own writer, with the fault inside an append.
class FaultyWriter final : public StreamWriter {
 public:
  FaultyWriter(std::unique_ptr<StreamWriter> writer, const Fault& fault, Deeds& deeds)
      : writer_(std::move(writer)), fault_(fault), deeds_(deeds), left_(fault.passing) {}

  Result<Durable> tail() override { return writer_->tail(); }
  Result<bool> maintain() override { return writer_->maintain(); }

  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source) override {
    deeds_.appending = true;
    if (!fault_.step && left_-- == 1) send_signal_in(fault_.into_append, fault_.signal);
    auto done = writer_->append(expected, events, position, source);
    deeds_.appending = false;
    if (done) ++deeds_.appends;
    if (!done && done.error().remedy == Remedy::stand_by) ++deeds_.refused;
    return done;
  }

 private:
  std::unique_ptr<StreamWriter> writer_;
  Fault fault_;
  Deeds& deeds_;
  std::uint64_t left_;
};

/// The configured stream, whose writers have the fault.
class FaultyStream final : public StreamAdapter {
 public:
  FaultyStream(std::unique_ptr<StreamAdapter> stream, const Fault& fault, Deeds& deeds)
      : stream_(std::move(stream)), fault_(fault), deeds_(deeds) {}

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
    return std::make_unique<FaultyWriter>(*std::move(writer), fault_, deeds_);
  }

 private:
  std::unique_ptr<StreamAdapter> stream_;
  Fault fault_;
  Deeds& deeds_;
};

class FaultyRelay final : public cli::RunningRelay {
 public:
  FaultyRelay(cli::ConfiguredRelay configured, const Clock& clock, cli::Log& log,
              const Fault& fault, Deeds& deeds)
      : RunningRelay(std::move(configured), false, clock, log),
        fault_(fault),
        deeds_(deeds),
        left_(fault.passing) {}

  void at(Step step) override {
    deeds_.at_work = true;
    // To this very thread: it must not take another step before the signal arrives.
    if (step == fault_.step && left_.fetch_sub(1) == 1) ::raise(fault_.signal);
  }

 private:
  Fault fault_;
  Deeds& deeds_;
  std::atomic<std::uint64_t> left_;
};

}  // namespace

int run_faulty_relay(const std::string& config, const Fault& fault, Deeds& deeds) {
  const SystemClock clock;
  cli::Log log(clock);
  log.configure(cli::LogFormat::json, cli::LogLevel::info);
  const cli::Target target{.file = config, .relay = {}};
  auto configured = cli::configured_relay(target, clock);
  if (!configured) return cli::end_with(configured.error(), target, log);
  configured->stream = std::make_unique<FaultyStream>(std::move(configured->stream), fault, deeds);
  const cli::Signals signals;
  FaultyRelay relay(std::move(*configured), clock, log, fault, deeds);
  auto done = relay.run(signals.stop());
  return done ? 0 : cli::end_with(done.error(), target, log);
}

}  // namespace headwater::rig
