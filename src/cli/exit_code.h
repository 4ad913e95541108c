// The program's exit codes; documented in --help and docs/cli.md.
#pragma once

#include "src/base/error.h"

namespace headwater::cli {

enum ExitCode : int {
  done = 0,
  difference = 1,  ///< verify found a difference, or check or k8s lint a problem.
  usage = 2,       ///< The command line or the configuration is wrong.
  source = 3,
  stream = 4,
  target = 5,
};

[[nodiscard]] constexpr int exit_code(const Error& error) {
  switch (error.origin) {
    case Origin::source:
      return ExitCode::source;
    case Origin::stream:
      return ExitCode::stream;
    case Origin::target:
      return ExitCode::target;
    case Origin::usage:
      break;
  }
  return ExitCode::usage;
}

}  // namespace headwater::cli
