// Replaces ${NAME} and ${file:PATH} in a scalar that is already parsed, so a secret can neither
// change the structure of the file nor appear in an error.
#pragma once

#include <string>

#include "src/config/config.h"

namespace headwater::config {

/// The error, without the place and without any value: "environment variable NAME is not set".
struct Unresolved {
  std::string message;
};

/// Relative paths start at `folder`. The substituted text is not substituted again.
[[nodiscard]] tl::expected<std::string, Unresolved> substitute(const std::string& scalar,
                                                               const std::string& folder,
                                                               const Environment& environment);

/// `path` relative to `folder`; unchanged if it is absolute or the folder is empty.
[[nodiscard]] std::string relative_to(const std::string& folder, const std::string& path);

/// The folder of a file; empty if its path has none.
[[nodiscard]] std::string folder_of(const std::string& path);

/// The content of a file of a sensible size, or the error.
[[nodiscard]] tl::expected<std::string, Unresolved> read_file(const std::string& path);

}  // namespace headwater::config
