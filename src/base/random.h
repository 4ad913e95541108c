// Random numbers from a seed. <random> takes half a second to compile, in every file that includes
// it.
#pragma once

#include <cstdint>

namespace headwater {

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): the same numbers for a seed everywhere. One
/// thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t operator()() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace headwater
