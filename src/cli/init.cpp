// headwater init: prepares the stream, then the source.
#include <algorithm>

#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"

namespace headwater::cli {
namespace {

struct Options {
  Target target;
  bool remove = false;
};

// A database that does not remember where the relay began has it remembered by the stream.
Result<Report> save_beginning(ConfiguredRelay& relay) {
  auto beginning = relay.source->beginning(relay.name);
  if (!beginning) return fail(std::move(beginning.error()));
  if (beginning->empty()) return Report();
  auto writer = relay.stream->writer(relay.name);
  if (!writer) return fail(std::move(writer.error()));
  auto tail = (*writer)->tail();
  if (!tail) return fail(std::move(tail.error()));
  if (tail->tail() != Tail()) return Report();
  auto source = relay.source->connect(relay.name);
  if (!source) return fail(std::move(source.error()));
  auto saved = (*writer)->append(Tail(), {}, *beginning, (*source)->identity());
  // Another one was quicker, which is as good.
  if (!saved && saved.error().remedy != Remedy::stand_by) return fail(std::move(saved.error()));
  return Report{
      {.what = "begins at " + relay.source->explain(*beginning) + ", saved in the stream"}};
}

Result<Report> prepare(ConfiguredRelay& relay) {
  auto report = relay.stream->prepare(relay.name);
  if (!report) return report;
  auto source = relay.source->prepare(relay.name);
  if (!source) return source;
  report->insert(report->end(), source->begin(), source->end());
  if (has_problem(*report)) return report;
  auto beginning = save_beginning(relay);
  if (!beginning) return beginning;
  report->insert(report->end(), beginning->begin(), beginning->end());
  return report;
}

// The source first: with the tail gone, a relay that still runs would begin again.
Result<Report> remove(ConfiguredRelay& relay) {
  auto report = relay.source->remove(relay.name);
  if (!report) return report;
  auto stream = relay.stream->remove(relay.name);
  if (!stream) return stream;
  report->insert(report->end(), stream->begin(), stream->end());
  return report;
}

int run(const Options& options, Program& program) {
  auto relays = configured_relays(options.target, program.clock);
  if (!relays) return end_with(relays.error(), options.target, program.log);
  int code = ExitCode::done;
  const bool several = relays->size() > 1;
  for (ConfiguredRelay& relay : *relays) {
    auto report = options.remove ? remove(relay) : prepare(relay);
    if (!report) {
      const int failed = end_with(report.error(), options.target, program.log,
                                  several ? relay.name : std::string());
      if (code == ExitCode::done || code == ExitCode::difference) code = failed;
      continue;
    }
    const std::string text = headline(relay) + "\n" + to_text(*report);
    if (!print(addressed(text, options.target, several ? relay.name : ""))) break;
    if (has_problem(*report) && code == ExitCode::done) code = ExitCode::difference;
  }
  return code;
}

}  // namespace

void add_init(CLI::App& app, Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("init", "Prepare the source and the stream");
  command->footer(
      "Makes the stream and arms the source, says what it did, and may be repeated at any time.\n"
      "With --remove it takes its own traces out of the database again; events stay.\n"
      "Ends with 1 if something has to be mended first (see `next`).\n\n"
      "Example: headwater init -c headwater.yaml");
  add_target(*command, options->target, program);
  command->add_flag("--remove", options->remove, "Undo: disarm the source, forget the tail");
  command->callback([options, &program] {
    program.chosen = [options, &program] { return run(*options, program); };
  });
}

}  // namespace headwater::cli
