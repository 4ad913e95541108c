// The machine that was measured.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace headwater::bench {

/// A few lines for people: processor, memory, system, the file system of `folder`, libraries.
[[nodiscard]] std::vector<std::string> describe_machine(const std::filesystem::path& folder);

}  // namespace headwater::bench
