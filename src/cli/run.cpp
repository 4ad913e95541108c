// headwater run: all relays of the file, in one process.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/progress.h"
#include "src/cli/running_relay.h"
#include "src/cli/signals.h"
#include "src/serve/metrics.h"

namespace headwater::cli {
namespace {

struct RunWords {
  Target target;
  bool until_current = false;
  std::string metrics;  // where to serve them; empty: the address in the file
};

// One relay that fails does not stop the others; the exit code is the first failure's.
class Run {
 public:
  Run(const RunWords& options, Program& program, std::vector<ConfiguredRelay> relays)
      : options_(options), program_(program), several_(relays.size() > 1) {
    for (ConfiguredRelay& relay : relays) {
      running_.push_back(std::make_unique<RunningRelay>(std::move(relay), options.until_current,
                                                        program.clock, program.log));
    }
  }

  /// Runs from here to the end.
  Result<void> serve_metrics(const std::string& address) {
    auto server = MetricsServer::listen(
        address, [this] { return figures(); }, program_.clock);
    if (!server) return failed(server);
    metrics_ = *std::move(server);
    program_.log.write(LogLevel::info, "", "metrics.listening",
                       "metrics at http://" + metrics_->address() + "/metrics",
                       {{"port", metrics_->port()}});
    return {};
  }

  int wait(const std::stop_token& stop) {
    std::vector<std::jthread> threads;
    for (const auto& relay : running_) {
      threads.emplace_back([this, stop, &relay] { work(*relay, stop); });
    }
    Progress progress(running_, options_.until_current, program_.clock, program_.log);
    std::unique_lock lock(mutex_);
    const auto all_ended = [this] { return ended_ == running_.size(); };
    while (!one_ended_.wait_for(lock, progress.interval(), all_ended)) {
      lock.unlock();
      progress.show();
      lock.lock();
    }
    program_.log.show_status("");
    return code_;
  }

 private:
  [[nodiscard]] std::vector<RelayFigures> figures() const {
    std::vector<RelayFigures> all;
    for (const auto& relay : running_) {
      all.push_back(
          {.relay = relay->name(), .progress = relay->progress(), .failed = relay->has_failed()});
    }
    return all;
  }

  void work(RunningRelay& relay, const std::stop_token& stop) {
    auto result = relay.run(stop);
    int code = ExitCode::done;
    if (!result) {
      code = end_with(result.error(), options_.target, program_.log,
                      several_ ? relay.name() : std::string());
    }
    const std::lock_guard lock(mutex_);
    if (code_ == ExitCode::done) code_ = code;
    ++ended_;
    one_ended_.notify_one();
  }

  const RunWords& options_;
  Program& program_;
  bool several_;
  std::vector<std::unique_ptr<RunningRelay>> running_;
  std::mutex mutex_;
  std::condition_variable one_ended_;
  std::size_t ended_ = 0;
  int code_ = ExitCode::done;
  std::unique_ptr<MetricsServer> metrics_;  // last: it asks the relays
};

int run(const RunWords& options, Program& program) {
  auto file = configured_file(options.target, program.clock);
  if (!file) return end_with(file.error(), options.target, program.log);
  const Signals signals;
  Run all(options, program, std::move(file->relays));
  const std::string& metrics = options.metrics.empty() ? file->metrics : options.metrics;
  if (!metrics.empty()) {
    auto served = all.serve_metrics(metrics);
    if (!served) return end_with(served.error(), options.target, program.log);
  }
  return all.wait(signals.stop());
}

std::string bad_address(const std::string& address) {
  if (config::is_listen_address(address)) return "";
  return "'" + address + "' is not an address to listen on, such as 127.0.0.1:9090";
}

}  // namespace

void add_run(Command& app, Program& program) {
  auto options = std::make_shared<RunWords>();
  Command command = app.add_command("run", "Relay changes to the stream until stopped");
  command.footer(
      "Runs every relay of the file. Several processes may run the same relay: one appends, the\n"
      "others stand by. SIGTERM or Ctrl-C finishes the current append and stops within 2 s;\n"
      "a second Ctrl-C ends it at once. The exit code is that of the first relay that failed.\n\n"
      "Example: headwater run -c headwater.yaml --log json");
  add_target(command, options->target, program);
  command.flag("--until-current", options->until_current,
               "Stop once everything committed before the start is in the stream");
  command
      .option("--metrics", options->metrics,
              "Serve metrics for Prometheus at this address; port 0: any free port [the address\n"
              "in the file, if any]")
      .type_name("HOST:PORT")
      .check(bad_address);
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
