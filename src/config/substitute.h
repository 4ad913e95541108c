// Replaces ${NAME} and ${file:PATH} in a scalar that is already parsed, so a secret can neither
// change the structure of the file nor appear in an error.
#pragma once

#include <string>
#include <vector>

#include "src/config/config.h"

namespace headwater::config {

/// The error, without the place and without any value: "environment variable NAME is not set".
struct Unresolved {
  std::string message;
};

/// A part of a scalar.
struct Piece {
  enum class Kind {
    text,      ///< `text` is what it says; `$${` has become `${`.
    variable,  ///< `text` is the name of an environment variable.
    file,      ///< `text` is the path of a file.
  };
  Kind kind = Kind::text;
  std::string text;
};

/// A scalar's pieces in their order.
[[nodiscard]] tl::expected<std::vector<Piece>, Unresolved> pieces_of(const std::string& scalar);

/// Whether any of its pieces is a variable or a file. False for a scalar that pieces_of() refuses.
[[nodiscard]] bool has_references(const std::string& scalar);

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
