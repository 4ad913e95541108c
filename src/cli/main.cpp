#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "src/base/clock.h"
#include "src/cli/program.h"

int main(int argc, char** argv) {
  // libmongoc makes a file for its counters as it is loaded. A process that is killed would leave
  // it behind, and a later one of the same id would complain of it on stderr.
  ::shm_unlink(("/mongoc-" + std::to_string(::getpid())).c_str());
  const headwater::SystemClock clock;
  return headwater::cli::run_program(argc, argv, clock);
}
