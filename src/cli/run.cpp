// headwater run: all relays of the file, in one process.
#include <memory>
#include <string>
#include <utility>

#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/program.h"
#include "src/cli/relay_set.h"
#include "src/cli/signals.h"
#include "src/serve/metrics.h"

namespace headwater::cli {
namespace {

struct RunWords {
  Target target;
  bool until_current = false;
  std::string metrics;  // where to serve them; empty: the address in the file
};

Result<std::unique_ptr<MetricsServer>> serve_metrics(const std::string& address,
                                                     const RelaySet& relays, Program& program) {
  auto server = MetricsServer::listen(
      address, {.version = HEADWATER_VERSION, .started = program.clock.wall()},
      [&relays] { return relays.figures(); }, program.clock);
  if (!server) return server;
  program.log.write(LogLevel::info, "", "metrics.listening",
                    "metrics at http://" + (*server)->address() + "/metrics",
                    {{"port", (*server)->port()}});
  return server;
}

int run(const RunWords& options, Program& program) {
  auto relays = std::make_shared<RelaySet>(options.target, options.until_current, program);
  const auto reload = [set = std::weak_ptr(relays)] {
    if (const auto running = set.lock()) running->request_reload();
  };
  const Signals signals(program.log, {.reload = reload});
  auto file = configured_file(options.target, program.clock);
  if (!file) return end_with(file.error(), options.target, program.log);
  std::unique_ptr<MetricsServer> metrics;  // asks the relays, so it goes before them
  const std::string& address = options.metrics.empty() ? file->metrics : options.metrics;
  if (!address.empty()) {
    auto served = serve_metrics(address, *relays, program);
    if (!served) return end_with(served.error(), options.target, program.log);
    metrics = *std::move(served);
  }
  const int code = relays->run(*std::move(file), signals.stop());
  // Before the signals: a client library may take minutes to let go of a server that hangs.
  metrics.reset();
  relays.reset();
  return code;
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
      "a second Ctrl-C ends it at once. The exit code is that of the first relay that failed.\n"
      "SIGHUP reloads the file. SIGUSR1 shows more in the log, SIGUSR2 less.\n\n"
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
