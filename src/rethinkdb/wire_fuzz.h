#pragma once

#include <cstddef>
#include <cstdint>

/// libFuzzer's target: the first byte chooses between the login, frames and an answer; the rest is
/// what the server sends. Ends the process if JSON is accepted that is none, or the other way round.
/// Always returns 0; name and signature are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
