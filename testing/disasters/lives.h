// Many lives of one relay, one after the other, in one process's children: a life costs a fork, and
// no exec, no linking.
#pragma once

#include <cstdint>
#include <string>

namespace headwater::rig {

/// Runs `count` lives of the configured relay, each of which dies at a moment drawn from the seed
/// and its number: at a step, inside an append, or at any time, by this process's hand. Some hang
/// first, and wake when another has been at work. Then writes to stderr, as a line of JSON, how
/// many came to which end (docs in LivesReport); the exit code.
///
/// Blocks. The process must have one thread, and must not have used any client library: what these
/// keep does not survive a fork. All lives end with the process.
int run_lives(const std::string& config, std::size_t count, std::uint64_t seed);

}  // namespace headwater::rig
