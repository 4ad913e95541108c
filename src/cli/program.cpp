#include "src/cli/program.h"

#include "src/cli/command_line.h"
#include "src/cli/log.h"

namespace headwater::cli {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done; 1 verify found a difference, check, init or k8s lint a problem,\n"
    "wait: not yet, status: not ready; 2 usage or configuration; 3 source; 4 stream;\n"
    "5 the database of a copy. Results are on stdout, logs and errors on stderr.";

}  // namespace

int run_program(int argc, const char* const* argv, const Clock& clock) {
  Log log(clock);
  Program program{.clock = clock, .log = log};
  CommandLine line("headwater", HEADWATER_VERSION,
                   "Headwater turns a database into the first node of an event stream.");
  Command app = line.program().footer(exit_codes).require_command();
  add_init(app, program);
  add_run(app, program);
  add_tail(app, program);
  add_position(app, program);
  add_snapshot(app, program);
  add_verify(app, program);
  add_check(app, program);
  add_status(app, program);
  add_consume(app, program);
  add_dead_letters(app, program);
  add_wait(app, program);
  add_materialize(app, program);
  add_serve(app, program);
  add_k8s(app, program);
  add_demo(app, program);
  return line.run(argc, argv);
}

}  // namespace headwater::cli
