// headwater consume: hands events to a program, and acknowledges what it has done.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "src/base/wait_for.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/consumer_name.h"
#include "src/cli/consumer_notes.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"
#include "src/config/config.h"
#include "src/config/units.h"
#include "src/consume/program_handler.h"
#include "src/consumer/consumer.h"
#include "src/serve/metrics.h"

namespace headwater::cli {
namespace {

constexpr std::size_t usual_events = 500;
constexpr Milliseconds progress_interval{10'000};
/// For answers that are under way at a stop, and for the programs' own end.
constexpr Milliseconds grace{4'000};
constexpr Milliseconds grace_of_all{9'900};

struct ConsumeWords {
  Target target;
  std::string name;
  std::string from = "earliest";
  std::string timeout = "10m";
  std::string on_failure = "retry";
  std::string metrics;  // where to serve them; empty: nowhere
  std::int64_t workers = 1;
  std::int64_t attempts = 5;
  std::optional<std::uint64_t> batch;
  bool to_end = false;
  bool skip_aged_out = false;
  std::vector<std::string> words;
};

consumer::OnFailure policy_named(const std::string& word) {
  if (word == "dead_letter") return consumer::OnFailure::dead_letter;
  return word == "stop" ? consumer::OnFailure::stop : consumer::OnFailure::retry;
}

consumer::Options options_of(const ConsumeWords& words) {
  consumer::Options options{.name = words.name};
  options.first = consumer::beginning_in(words.from).value_or(consumer::Beginning{});
  options.limits.count = static_cast<std::size_t>(words.batch.value_or(usual_events));
  options.workers = static_cast<unsigned>(words.workers);
  options.on_failure = policy_named(words.on_failure);
  options.attempts = static_cast<unsigned>(words.attempts);
  options.skip_aged_out = words.skip_aged_out;
  return options;
}

class Consumption {
 public:
  Consumption(const ConsumeWords& words, Program& program, ConfiguredRelay relay)
      : words_(words),
        program_(program),
        relay_(std::move(relay)),
        notes_(words.name, program),
        handler_{.words = words.words,
                 .consumer = words.name,
                 .in_batches = words.batch.has_value(),
                 .timeout = config::parse_duration(words.timeout).value_or(Milliseconds(0)),
                 .grace = grace},
        consumer_(*relay_.stream, relay_.dead_letters.get(), options_of(words), program.clock,
                  [this](const consumer::Note& note) { notes_.take(note); }) {}

  Result<void> run(const std::stop_token& stop) {
    if (auto served = serve_metrics(); !served) return served;
    if (auto started = start_handlers(); !started) return started;
    if (auto opened = consumer_.open(); !opened) return opened;
    opened_ = true;
    program_.log.write(LogLevel::info, words_.name, "consume.started",
                       "consumes " + relay_.stream->describe() + " after " +
                           std::to_string(consumer_.progress().acknowledged));
    std::jthread progress([this](const std::stop_token& end) {
      if (metrics_) look();
      while (wait_for(progress_interval, end)) look();
    });
    auto ended = consumer_.run([this](unsigned worker) { return std::move(handlers_[worker]); },
                               stop, words_.to_end);
    progress.request_stop();
    progress.join();
    program_.log.write(LogLevel::info, words_.name, "consume.ended", progress_text());
    return ended;
  }

 private:
  // So that a program that is not there is the first thing a person sees.
  Result<void> start_handlers() {
    for (unsigned i = 0; i < static_cast<unsigned>(words_.workers); ++i) {
      handlers_.push_back(
          std::make_unique<consume::ProgramHandler>(handler_, i, programs_, program_.clock));
      if (auto started = handlers_.back()->start(); !started) return started;
    }
    return {};
  }

  Result<void> serve_metrics() {
    if (words_.metrics.empty()) return {};
    auto server = MetricsServer::listen(
        words_.metrics, {.version = HEADWATER_VERSION, .started = program_.clock.wall()},
        MetricsServer::AskConsumer([this] { return figures(); }), program_.clock);
    if (!server) return failed(server);
    metrics_ = *std::move(server);
    program_.log.write(LogLevel::info, words_.name, "metrics.listening",
                       "metrics at http://" + metrics_->address() + "/metrics",
                       {{"port", metrics_->port()}});
    return {};
  }

  [[nodiscard]] ConsumerFigures figures() const {
    const std::uint64_t starts = programs_.starts;
    const auto first_starts = static_cast<std::uint64_t>(words_.workers);
    return {.consumer = words_.name,
            .relay = relay_.name,
            .stream = relay_.stream->describe(),
            .started = opened_,
            .progress = consumer_.progress(),
            .handler_restarts = starts - std::min(starts, first_starts),
            .lag = lag_now()};
  }

  /// What was seen at the last look, less what was acknowledged since.
  [[nodiscard]] std::optional<consumer::Lag> lag_now() const {
    const std::lock_guard lock(mutex_);
    if (!lag_) return std::nullopt;
    const std::uint64_t place = consumer_.progress().acknowledged;
    if (place >= lag_->end) return consumer::Lag{};
    return consumer::Lag{.events = std::min(lag_->events, lag_->end - place), .time = lag_->time};
  }

  /// How far it is behind takes some round trips, for which no scrape is to wait.
  void look() {
    if (!metrics_ && consumer_.progress().handled == shown_) return;
    auto lag = consumer_.lag();
    {
      const std::lock_guard lock(mutex_);
      lag_ = lag ? std::optional(*lag) : std::nullopt;
    }
    show_progress();
  }

  [[nodiscard]] std::string progress_text() const {
    const consumer::Progress now = consumer_.progress();
    std::string text =
        std::to_string(now.handled) + " events handled, place " + std::to_string(now.acknowledged);
    if (now.dead_letters > 0) text += ", " + std::to_string(now.dead_letters) + " dead letters";
    if (!now.trouble.empty()) text += ", in trouble: " + now.trouble;
    return text;
  }

  void show_progress() {
    const std::uint64_t handled = consumer_.progress().handled;
    if (handled == std::exchange(shown_, handled)) return;
    std::string text = progress_text();
    if (lag_) {
      text += ", behind by " + std::to_string(lag_->events) + " events, " +
              std::to_string(lag_->time.count() / 1000) + " s";
    }
    program_.log.write(LogLevel::info, words_.name, "consume.progress", text);
  }

  const ConsumeWords& words_;
  Program& program_;
  ConfiguredRelay relay_;
  ConsumerNotes notes_;
  consume::Program handler_;
  consume::Programs programs_;
  std::vector<std::unique_ptr<consume::ProgramHandler>> handlers_;
  consumer::Consumer consumer_;
  std::uint64_t shown_ = 0;
  std::atomic<bool> opened_{false};
  mutable std::mutex mutex_;  // of the next
  std::optional<consumer::Lag> lag_;
  std::unique_ptr<MetricsServer> metrics_;  // last: it asks for the others
};

int run(const ConsumeWords& words, Program& program) {
  auto relay = relay_of_stream(words.target, program.clock);
  if (!relay) return end_with(relay.error(), words.target, program.log);
  const Signals signals(program.log, {.grace = grace_of_all});
  Consumption consumption(words, program, *std::move(relay));
  auto ended = consumption.run(signals.stop());
  if (ended) return ExitCode::done;
  return end_with(ended.error(), words.target, program.log);
}

std::string bad_start(const std::string& words) {
  if (consumer::beginning_in(words)) return "";
  return "'" + words +
         "' is neither earliest, latest, a sequence number nor a time such as "
         "2026-11-23T08:15:30Z";
}

std::string bad_metrics(const std::string& address) {
  if (config::is_listen_address(address)) return "";
  return "'" + address + "' is not an address to listen on, such as 127.0.0.1:9091";
}

std::string bad_timeout(const std::string& words) {
  const auto span = config::parse_duration(words);
  return span && span->count() > 0 ? "" : "'" + words + "' is no time such as 30s, 10m or 1h";
}

}  // namespace

void add_consume(Command& app, Program& program) {
  auto words = std::make_shared<ConsumeWords>();
  Command command =
      app.add_command("consume", "Hand events to a program, and acknowledge what it has handled");
  command.footer(
      "The program gets each event as a line of CloudEvents JSON on its stdin, and answers it "
      "with\n"
      "a line on its stdout: ok, retry REASON, or reject REASON.\n\n"
      "Examples: headwater consume -c headwater.yaml --consumer billing -- python3 billing.py\n"
      "          headwater consume -c headwater.yaml --consumer mail --on-failure dead_letter "
      "-- ./mail");
  add_target(command, words->target, program);
  command
      .option("--consumer", words->name,
              "Who consumes; starts after the last event this consumer acknowledged")
      .type_name("NAME")
      .required()
      .check(bad_consumer);
  command.option("--from", words->from, "Where a new consumer starts [earliest]")
      .type_name("earliest|latest|SEQUENCE|TIME")
      .check(bad_start);
  command
      .option("--workers", words->workers,
              "Processes of the program; one gets all events of a partition key [1]")
      .type_name("N")
      .range(1, 256);
  command
      .option("--batch", words->batch,
              "Hand over up to N events and an empty line, which get one answer")
      .type_name("N")
      .range(1, 1'000'000);
  command
      .option("--timeout", words->timeout, "For an answer; then the program is started again [10m]")
      .type_name("TIME")
      .check(bad_timeout);
  command
      .option("--on-failure", words->on_failure,
              "What becomes of an event that is rejected, or has used up its attempts [retry]")
      .type_name("retry|dead_letter|stop")
      .one_of({"retry", "dead_letter", "stop"});
  command.option("--attempts", words->attempts, "Before dead_letter or stop [5]")
      .type_name("N")
      .range(1, 1'000'000);
  command
      .option("--metrics", words->metrics,
              "Serve metrics for Prometheus at this address; port 0: any free port")
      .type_name("HOST:PORT")
      .check(bad_metrics);
  command.flag("--to-end", words->to_end, "End once everything is handled that is there now");
  command.flag("--skip-aged-out", words->skip_aged_out,
               "Go on if retention has removed events that were not handled");
  command.rest("PROGRAM", words->words, "The program and its arguments, after --").required();
  command.action([words, &program] { return run(*words, program); });
}

}  // namespace headwater::cli
