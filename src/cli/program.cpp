#include "src/cli/program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "src/cli/exit_code.h"
#include "src/config/nearest.h"

namespace headwater::cli {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done; 1 verify found a difference, or check or init a problem;\n"
    "2 usage or configuration; 3 source; 4 stream.\n"
    "Results are on stdout, logs and errors on stderr.";

// An unknown word in the place of a command, and which one was probably meant.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-' || !app.get_subcommands().empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    const bool hidden = command->get_group().empty();
    if (!hidden) names.push_back(command->get_name());
  }
  return "there is no command '" + std::string(argv[1]) + "'" +
         config::suggestion(argv[1], names, "commands");
}

int wrong_usage(const CLI::App& app, const CLI::ParseError& error, int argc,
                const char* const* argv) {
  std::string help = "headwater";
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
    help += " " + chosen->get_name();
  }
  const std::string message = unknown_command(app, argc, argv).value_or(error.what());
  std::fprintf(stderr, "error: %s\n  next: %s --help\n", message.c_str(), help.c_str());
  return ExitCode::usage;
}

}  // namespace

int run_program(int argc, const char* const* argv, const Clock& clock) {
  Log log(clock);
  Program program{.clock = clock, .log = log};
  CLI::App app("Headwater turns a database into the first node of an event stream.", "headwater");
  app.set_version_flag("--version", "headwater " HEADWATER_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(exit_codes);
  constexpr std::size_t left_column = 40;
  app.get_formatter()->column_width(left_column);
  app.require_subcommand(1);
  add_init(app, program);
  add_run(app, program);
  add_tail(app, program);
  add_position(app, program);
  add_verify(app, program);
  add_check(app, program);
  add_demo(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return wrong_usage(app, error, argc, argv);
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::usage;
  }
  return program.chosen();
}

}  // namespace headwater::cli
