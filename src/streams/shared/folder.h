// The folder that a file is in.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "src/base/descriptor.h"

namespace headwater::streams {

[[nodiscard]] inline std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

/// Makes durable what was created, renamed or removed there. Returns an errno; 0: it is.
[[nodiscard]] inline int sync_folder_of(const std::string& path) {
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.is_open() && ::fsync(folder.get()) == 0 ? 0 : errno;
}

}  // namespace headwater::streams
