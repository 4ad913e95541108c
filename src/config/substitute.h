// ${NAME} and ${file:PATH} in a scalar that has already been parsed, so that a secret can neither
// change the structure of the file nor show up in an error.
#pragma once

#include <string>

#include "src/config/config.h"

namespace headwater::config {

/// What is wrong, without the place and without any value: "environment variable NAME is not set".
struct Unresolved {
  std::string message;
};

/// `folder` is where relative files are looked for. What is put in is not looked at again.
[[nodiscard]] tl::expected<std::string, Unresolved> substitute(const std::string& scalar,
                                                               const std::string& folder,
                                                               const Environment& environment);

/// `path` seen from `folder`; as it is if it is absolute or the folder is empty.
[[nodiscard]] std::string relative_to(const std::string& folder, const std::string& path);

/// The folder a file is in; empty if its path names none.
[[nodiscard]] std::string folder_of(const std::string& path);

/// The whole of a file, as long as it is a file of a sensible size; what is wrong otherwise.
[[nodiscard]] tl::expected<std::string, Unresolved> read_file(const std::string& path);

}  // namespace headwater::config
