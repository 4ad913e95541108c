// headwater init: prepares the stream, then the source.
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/prepare.h"
#include "src/cli/print.h"
#include "src/cli/program.h"

namespace headwater::cli {
namespace {

struct InitWords {
  Target target;
  bool remove = false;
};

int run(const InitWords& options, Program& program) {
  auto relays = configured_relays(options.target, program.clock);
  if (!relays) return end_with(relays.error(), options.target, program.log);
  int code = ExitCode::done;
  const bool several = relays->size() > 1;
  bool printed = true;
  for (ConfiguredRelay& relay : *relays) {
    auto report = options.remove ? remove(relay) : prepare(relay);
    if (!report) {
      const int failed = end_with(report.error(), options.target, program.log,
                                  several ? relay.name : std::string());
      if (code == ExitCode::done || code == ExitCode::difference) code = failed;
      continue;
    }
    const std::string text = headline(relay) + "\n" + to_text(*report);
    // The other relays are prepared even if the output cannot be printed.
    printed = printed && print(addressed(text, options.target, several ? relay.name : ""));
    if (!printed && code == ExitCode::done) code = end_unprinted(program.log);
    if (has_problem(*report) && code == ExitCode::done) code = ExitCode::difference;
  }
  return code;
}

}  // namespace

void add_init(Command& app, Program& program) {
  auto options = std::make_shared<InitWords>();
  Command command = app.add_command("init", "Prepare the source and the stream");
  command.footer(
      "Creates the stream, prepares the source and reports what it did. It is safe to repeat.\n"
      "Every change committed from then on will be in the stream.\n"
      "--remove removes what init put into the database; events stay.\n"
      "The exit code is 1 if something must be fixed first (see `next`).\n\n"
      "Example: headwater init -c headwater.yaml");
  add_target(command, options->target, program);
  command.flag("--remove", options->remove,
               "Remove what init put into the database, and forget the tail");
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
