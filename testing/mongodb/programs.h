// The paths of the server programs.
#pragma once

#include <optional>
#include <string>

#include "testing/rig/server_program.h"

namespace headwater::rig {

/// SecantusDB (secantusd.py): HEADWATER_SECANTUS, or where `./dev servers` installs it. If it is
/// missing, prints how to install it and ends the test program.
[[nodiscard]] std::string secantus_program();

/// HEADWATER_MONGOD, or `mongod` in the PATH; nullopt if there is neither.
[[nodiscard]] std::optional<std::string> real_mongod();

/// The reason of a skipped test.
constexpr const char* no_real_mongod =
    "needs a real mongod: put one into the PATH, or its path into HEADWATER_MONGOD";

}  // namespace headwater::rig
