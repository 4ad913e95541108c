// headwater snapshot: publishes the rows of tables once more while the relay runs.
#include <utility>

#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"

namespace headwater::cli {
namespace {

// For how long a running relay may move the tail before every attempt.
constexpr auto conflict_patience = std::chrono::seconds(30);

struct SnapshotWords {
  Target target;
  std::vector<std::string> tables;
  std::string filter;
};

class Requesting {
 public:
  Requesting(const SnapshotWords& words, const ConfiguredRelay& relay, Program& program)
      : words_(words),
        relay_(relay),
        clock_(program.clock),
        patience_(program.clock, program.log, {}) {}

  Result<void> request() {
    auto writer = patience_.of([&] { return relay_.stream->writer(relay_.name); });
    if (!writer) return failed(writer);
    const SteadyTime deadline = clock_.steady() + conflict_patience;
    for (;;) {
      auto asked = ask(**writer);
      if (asked || asked.error().remedy != Remedy::stand_by) return asked;
      if (clock_.steady() >= deadline) return asked;
    }
  }

 private:
  // If the request is in the position, it is fenced as an append: nobody else's changes are lost.
  Result<void> ask(StreamWriter& writer) {
    auto tail = patience_.of([&] { return writer.tail(); });
    if (!tail) return failed(tail);
    auto position = patience_.of([&] {
      return relay_.source->read_again(relay_.name, tail->tail(), words_.tables, words_.filter);
    });
    if (!position) return failed(position);
    if (!*position) return {};
    auto saved = writer.set_position(tail->tail(), {}, **position, tail->tail().source);
    if (!saved) return failed(saved);
    return {};
  }

  const SnapshotWords& words_;
  const ConfiguredRelay& relay_;
  const Clock& clock_;
  Patience patience_;
};

std::string list_of(const std::vector<std::string>& tables) {
  std::string text;
  for (const auto& table : tables) text.append(text.empty() ? "" : ", ").append(table);
  return text;
}

int run(const SnapshotWords& words, Program& program) {
  auto relay = configured_relay(words.target, program.clock);
  if (!relay) return end_with(relay.error(), words.target, program.log);
  auto requested = Requesting(words, *relay, program).request();
  if (!requested) return end_with(requested.error(), words.target, program.log);
  const std::string text = relay->name + " will read " + list_of(words.tables) + " again\n" +
                           addressed("  to follow: headwater status -c FILE\n", words.target);
  return print(text) ? ExitCode::done : end_unprinted(program.log);
}

}  // namespace

void add_snapshot(Command& app, Program& program) {
  auto words = std::make_shared<SnapshotWords>();
  Command command =
      app.add_command("snapshot", "Publish the rows of tables once more, while the relay runs");
  command.footer(
      "The rows become `read` events between the changes: every row once, in the state that it "
      "has\n"
      "there. The command leaves a request and returns; the relay reads the rows, now or when it\n"
      "runs, and continues after a crash where it was.\n\n"
      "Example: headwater snapshot -c headwater.yaml orders customers");
  add_target(command, words->target, program);
  command.rest("table", words->tables, "Tables or collections of the relay").required();
  command.option("--where", words->filter, "Only the rows that match, in the database's words")
      .type_name("FILTER");
  command.action([words, &program] { return run(*words, program); });
}

}  // namespace headwater::cli
