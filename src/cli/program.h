// What all commands share, and how each adds itself to the command line.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/cli/log.h"

namespace headwater::cli {

struct Program {
  const Clock& clock;
  Log& log;
  /// Set while the command line is parsed: the command chosen, which gives the exit code.
  std::function<int()> chosen{};
};

// One for each command. The options they make live as long as `app`.
void add_init(CLI::App& app, Program& program);
void add_run(CLI::App& app, Program& program);
void add_tail(CLI::App& app, Program& program);
void add_position(CLI::App& app, Program& program);
void add_verify(CLI::App& app, Program& program);
void add_check(CLI::App& app, Program& program);
void add_demo(CLI::App& app, Program& program);

/// The whole program; gives the exit code. stderr and stdout as `main` has them.
int run_program(int argc, const char* const* argv, const Clock& clock);

}  // namespace headwater::cli
