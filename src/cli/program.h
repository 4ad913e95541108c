// The state that all commands share, and the functions that add each to the command line.
#pragma once

namespace headwater {
class Clock;
}

namespace headwater::cli {

class Command;
class Log;

struct Program {
  const Clock& clock;
  Log& log;
};

// One function for each command. The options live as long as the CommandLine.
void add_init(Command& app, Program& program);
void add_run(Command& app, Program& program);
void add_tail(Command& app, Program& program);
void add_position(Command& app, Program& program);
void add_serve(Command& app, Program& program);
void add_snapshot(Command& app, Program& program);
void add_verify(Command& app, Program& program);
void add_status(Command& app, Program& program);
void add_check(Command& app, Program& program);
void add_wait(Command& app, Program& program);
void add_consume(Command& app, Program& program);
void add_dead_letters(Command& app, Program& program);
void add_materialize(Command& app, Program& program);
/// The commands that write and check manifests for Kubernetes.
void add_k8s(Command& app, Program& program);
void add_demo(Command& app, Program& program);
/// Under `k8s`.
void add_k8s_manifest(Command& k8s, Program& program);

/// Runs the program and returns the exit code. Uses stdout and stderr of the process.
int run_program(int argc, const char* const* argv, const Clock& clock);

}  // namespace headwater::cli
