// The adapters of this build, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "src/adapters/registry.h"

namespace headwater::cli {

/// A build may leave adapters out; see cmake/adapters.cmake.
inline bool is_built_in(const adapters::Names& names, const std::string& name) {
  return std::ranges::find(names.built_in, name) != names.built_in.end();
}

/// "embedded, kafka"
inline std::string joined(const std::vector<std::string>& names, const std::string& separator) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : separator) + name;
  return all;
}

// The reasons of skipped tests.
inline constexpr const char* without_mongodb = "needs a build with mongodb";
inline constexpr const char* incomplete = "needs a build with every source and stream";

}  // namespace headwater::cli
