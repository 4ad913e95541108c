// headwater verify: compares the stream with the database.
#include "src/verify/verify.h"

#include <utility>

#include "src/base/grouped.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"

namespace headwater::cli {
namespace {

struct VerifyWords {
  Target target;
  bool json = false;
};

Result<VerifyReport> compare(ConfiguredRelay& relay, const VerifyOptions& options,
                             Patience& patience) {
  auto writer = patience.of([&] { return relay.stream->writer(relay.name); });
  if (!writer) return failed(writer);
  auto tail = patience.of([&] { return (*writer)->tail(); });
  if (!tail) return failed(tail);
  auto reader = patience.of([&] { return relay.stream->reader(); });
  if (!reader) return failed(reader);
  auto audit = patience.of([&] { return relay.source->audit(relay.name); });
  if (!audit) return failed(audit);
  PatientReader patient(**reader, patience);
  return verify(**audit, patient, tail->tail(), options);
}

int run(const VerifyWords& options, Program& program) {
  auto relays = configured_relays(options.target, program.clock);
  if (!relays) return end_with(relays.error(), options.target, program.log);
  const Signals signals(program.log);
  const bool several = relays->size() > 1;
  int code = ExitCode::done;
  for (ConfiguredRelay& relay : *relays) {
    VerifyOptions how;
    how.stop = signals.stop();
    how.progress = [&](std::uint64_t events, std::uint64_t rows) {
      program.log.show_status(relay.name + ": " + grouped(events) + " events and " + grouped(rows) +
                              " rows compared");
    };
    Patience patience(program.clock, program.log, signals.stop());
    const auto report = compare(relay, how, patience);
    program.log.show_status("");
    if (!report) {
      const int failed = end_with(report.error(), options.target, program.log,
                                  several ? relay.name : std::string());
      if (code == ExitCode::done || code == ExitCode::difference) code = failed;
      continue;
    }
    const std::string text =
        options.json ? to_json(*report) + "\n" : headline(relay) + "\n" + to_text(*report);
    if (!print(text)) return end_unprinted(program.log);
    if (!report->agree() && code == ExitCode::done) code = ExitCode::difference;
  }
  return code;
}

}  // namespace

void add_verify(Command& app, Program& program) {
  auto options = std::make_shared<VerifyWords>();
  Command command = app.add_command("verify", "Compare the stream with the source");
  command.footer(
      "Folds the events by key and compares them with the rows, while writers continue. Changes\n"
      "nothing. The exit code is 0 if they agree; otherwise 1, and the differences are printed.\n\n"
      "Example: headwater verify -c headwater.yaml --json");
  add_target(command, options->target, program);
  command.flag("--json", options->json, "Print JSON, an object for each relay");
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
