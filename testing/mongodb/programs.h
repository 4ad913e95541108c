// Where the servers' programs are.
#pragma once

#include <optional>
#include <string>

#include "testing/rig/server_program.h"

namespace headwater::rig {

/// SecantusDB (secantusd.py): HEADWATER_SECANTUS, else where `./dev servers` puts it. Ends
/// the test with the command that mends it if it is not there.
[[nodiscard]] std::string secantus_program();

/// HEADWATER_MONGOD, else `mongod` in the PATH; nothing if there is none.
[[nodiscard]] std::optional<std::string> real_mongod();

/// What a skipped test says.
constexpr const char* no_real_mongod =
    "needs a real mongod: put one into the PATH, or its path into HEADWATER_MONGOD";

}  // namespace headwater::rig
