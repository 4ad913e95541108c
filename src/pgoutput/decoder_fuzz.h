#pragma once

#include <cstddef>
#include <cstdint>

/// libFuzzer's target: decodes what is given, of which no byte too many may be read. Always returns 0; name and signature are
/// libFuzzer's. The tests give it what was recorded and what they break.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
