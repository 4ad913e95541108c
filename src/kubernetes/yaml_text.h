// The writing of YAML: everything that comes from a user passes through here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headwater::kubernetes {

/// `text`, which is UTF-8, as a scalar that every reader of YAML 1.1, YAML 1.2 or JSON takes for this
/// text: plain if it is a name that can be nothing else, otherwise in double quotes.
[[nodiscard]] std::string yaml_text(std::string_view text);

/// The same for a text of several lines, each indented by `indent` blanks: a block, or a scalar in
/// double quotes where a block would change it.
[[nodiscard]] std::string yaml_block(std::string_view text, std::size_t indent);

/// `text` for a comment: in one line, whatever it contains.
[[nodiscard]] std::string yaml_comment(std::string_view text);

/// Each line of `yaml` that is not empty, after `blanks` blanks.
[[nodiscard]] std::string indented(std::string_view yaml, std::size_t blanks);

}  // namespace headwater::kubernetes
