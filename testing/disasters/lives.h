// Many short lives of one relay, one after the other. Each is a fork of one process, which costs
// neither an exec nor dynamic linking.
#pragma once

#include <cstdint>
#include <string>

namespace headwater::rig {

/// Runs `count` lives of the configured relay. Each dies at a moment that depends on the seed and
/// its number: at a step, inside an append, or killed by this process at any time. Some hang first,
/// and wake after another one has run. Then prints a line of JSON on stderr that counts the ways in
/// which they ended (LivesReport). Returns the exit code.
///
/// Blocks. The process must have only one thread, and must not have used a client library before,
/// because their state does not survive a fork. All lives end with the process.
int run_lives(const std::string& config, std::size_t count, std::uint64_t seed);

}  // namespace headwater::rig
