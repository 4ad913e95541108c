// headwater wait: until a write is in the stream, or a consumer has passed it.
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/consumer_name.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"
#include "src/config/units.h"
#include "src/consumer/passing.h"

namespace headwater::cli {
namespace {

struct WaitWords {
  Target target;
  std::string write;
  std::string consumer;
  std::string timeout = "10s";
};

int run(const WaitWords& words, Program& program) {
  auto relay = configured_relay(words.target, program.clock);
  if (!relay) return end_with(relay.error(), words.target, program.log);
  const Signals signals(program.log);
  auto passed = consumer::wait_until_passed(
      *relay->source, *relay->stream,
      {.relay = relay->name, .write = words.write, .consumer = words.consumer},
      config::parse_duration(words.timeout).value_or(Milliseconds(0)), program.clock,
      signals.stop());
  if (!passed) {
    const int code = end_with(passed.error(), words.target, program.log);
    return passed.error().name == "wait.not_yet" ? ExitCode::difference : code;
  }
  return print(std::to_string(*passed) + "\n") ? ExitCode::done : end_unprinted(program.log);
}

std::string bad_timeout(const std::string& words) {
  return config::parse_duration(words) ? "" : "'" + words + "' is no time such as 500ms, 10s or 5m";
}

}  // namespace

void add_wait(Command& app, Program& program) {
  auto words = std::make_shared<WaitWords>();
  Command command =
      app.add_command("wait", "Wait until a write is in the stream, or a consumer has passed it");
  command.footer(
      "Prints the sequence of an event at or after the write. Exit code 1: not yet.\n\n"
      "Examples: headwater wait -c headwater.yaml --write 4711\n"
      "          headwater wait -c headwater.yaml --write 4711 --consumer search --timeout 2s");
  add_target(command, words->target, program);
  command
      .option("--write", words->write,
              "SQLite: SELECT max(seq) FROM _headwater_log, in the writer's transaction;\n"
              "MongoDB: the session's operation time, SECONDS.INCREMENT")
      .type_name("WRITE")
      .required();
  command.option("--consumer", words->consumer, "Until this consumer has passed it")
      .type_name("NAME")
      .check(bad_consumer);
  command.option("--timeout", words->timeout, "The longest to wait [10s]")
      .type_name("TIME")
      .check(bad_timeout);
  command.action([words, &program] { return run(*words, program); });
}

}  // namespace headwater::cli
