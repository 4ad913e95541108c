// headwater check: checks everything and changes nothing.
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

struct CheckWords {
  Target target;
  bool json = false;
};

std::optional<Tail> find_tail(ConfiguredRelay& relay, Report& report) {
  auto writer = relay.stream->writer(relay.name);
  auto tail = writer ? (*writer)->tail() : Result<Durable>(fail(writer.error()));
  if (tail) return tail->tail();
  // The stream's own check has usually reported it already.
  if (!has_problem(report)) {
    report.push_back(problem(tail.error()));
  }
  return std::nullopt;
}

Report check(ConfiguredRelay& relay, const CheckWords& options) {
  Report report{{.what = "configuration: " + options.target.file + " can be used"}};
  add(report, relay.stream->check(relay.name));
  const std::optional<Tail> tail = find_tail(relay, report);
  if (tail && tail->position.empty()) {
    report.push_back({.what = "position: none yet; the relay starts from the beginning"});
  } else if (tail) {
    report.push_back({.what = "position: " + relay.source->explain(tail->position) + ", event " +
                              std::to_string(tail->sequence)});
  }
  add(report, relay.source->check(relay.name, tail));
  if (relay.hint) add(report, relay.hint->check(relay.name));
  return report;
}

Json to_json(const Report& report) {
  Json list = Json::array();
  for (const Finding& finding : report) {
    const char* const kind = finding.kind == Finding::Kind::ok     ? "ok"
                             : finding.kind == Finding::Kind::note ? "note"
                                                                   : "problem";
    Json item{{"kind", kind}, {"what", finding.what}};
    if (!finding.next.empty()) item.set("next", finding.next);
    list.push_back(std::move(item));
  }
  return list;
}

int run(const CheckWords& options, Program& program) {
  auto relays = configured_relays(options.target, program.clock);
  if (!relays) return end_with(relays.error(), options.target, program.log);
  bool problem = false;
  std::string text;
  Json json = Json::array();
  for (ConfiguredRelay& relay : *relays) {
    Report report = check(relay, options);
    for (Finding& finding : report) {
      finding.next = addressed(finding.next, options.target, relays->size() > 1 ? relay.name : "");
    }
    problem = problem || has_problem(report);
    text += headline(relay) + "\n" + to_text(report);
    json.push_back({{"relay", relay.name},
                    {"source", relay.source->describe()},
                    {"stream", relay.stream->describe()},
                    {"exactly_once", relay.stream->exactly_once()},
                    {"promise", promise(*relay.source, *relay.stream)},
                    {"problem", has_problem(report)},
                    {"findings", to_json(report)}});
  }
  if (options.json) text = json.dump(2) + "\n";
  if (!print(text)) return end_unprinted(program.log);
  return problem ? ExitCode::difference : ExitCode::done;
}

}  // namespace

void add_check(Command& app, Program& program) {
  auto options = std::make_shared<CheckWords>();
  Command command =
      app.add_command("check", "Check the configuration, source, stream and position");
  command.footer(
      "Changes nothing. Each finding is ok, a note, or a problem with what to do about it.\n"
      "The exit code is 0 if there is no problem, otherwise 1.\n\n"
      "Example: headwater check -c headwater.yaml");
  add_target(command, options->target, program);
  command.flag("--json", options->json, "Print JSON: an array with an object for each relay");
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
