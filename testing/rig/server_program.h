// Where the programs of the test servers are.
#pragma once

#include <optional>
#include <string>

namespace headwater::rig {

/// A program in the PATH, or where `./dev servers` unpacks it; nothing if there is none.
[[nodiscard]] std::optional<std::string> find_server(const std::string& name);

/// The same; ends the test program, with the command that mends it, if there is none.
[[nodiscard]] std::string server_program(const std::string& name);

/// Ends the test program, which cannot go on.
[[noreturn]] void give_up(const std::string& why);

}  // namespace headwater::rig
