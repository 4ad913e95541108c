// headwater demo: shows all of Headwater at work.
#include "src/demo/demo.h"

#include <unistd.h>

#include <string_view>

#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"

namespace headwater::cli {
namespace {

struct DemoWords {
  DemoOptions demo;
  std::int64_t seconds = 20;
  std::string database;
  std::uint64_t seed = 1;
};

// The file that this process was started from, however it was typed.
std::string own_path() {
  std::string path(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

int run(DemoWords& options, Program& program) {
  options.demo.program = own_path();
  options.demo.writing = std::chrono::seconds(options.seconds);
  options.demo.terminal = ::isatty(STDOUT_FILENO) == 1;
  const Signals signals(program.log);
  const auto print_all = [](std::string_view text) { static_cast<void>(print(text)); };
  auto agrees = run_demo(options.demo, program.clock, print_all, signals.stop());
  if (!agrees) return end_with(agrees.error(), {}, program.log);
  return *agrees ? ExitCode::done : ExitCode::difference;
}

int write(const DemoWords& options, Program& program) {
  auto written = run_demo_writer(options.database, options.seed);
  return written ? ExitCode::done : end_with(written.error(), {}, program.log);
}

}  // namespace

void add_demo(Command& app, Program& program) {
  auto options = std::make_shared<DemoWords>();
  Command command = app.add_command("demo", "Show Headwater at work for half a minute");
  command.footer(
      "Writers change orders in a new database, relays are killed or run twice, and an audit\n"
      "counts lost and repeated events. The exit code is 0 if there are none.\n\n"
      "Example: headwater demo");
  command.option("--folder", options->demo.folder, "Create all files in this folder and keep them")
      .type_name("FOLDER");
  command.option("--seconds", options->seconds, "How long the writers run [20]")
      .range(1, 3'600)
      .type_name("N");
  command.action([options, &program] { return run(*options, program); });
  // For the demo's own writers, not for users.
  Command writer = app.add_hidden_command("demo-writer");
  writer.argument("database", options->database, "").required();
  writer.argument("seed", options->seed, "").required();
  writer.action([options, &program] { return write(*options, program); });
}

}  // namespace headwater::cli
