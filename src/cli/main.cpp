#include "src/base/clock.h"
#include "src/cli/program.h"

int main(int argc, char** argv) {
  const headwater::SystemClock clock;
  return headwater::cli::run_program(argc, argv, clock);
}
