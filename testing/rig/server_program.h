// Where the programs of the test servers are.
#pragma once

#include <optional>
#include <string>

namespace headwater::rig {

/// The path of a server in the PATH, or where `./dev servers` unpacks it. nullopt if it is missing.
[[nodiscard]] std::optional<std::string> find_server(const std::string& name);

/// The same. If it is missing, prints how to install it and ends the test program.
[[nodiscard]] std::string server_program(const std::string& name);

/// Prints why, and ends the test program.
[[noreturn]] void give_up(const std::string& why);

}  // namespace headwater::rig
