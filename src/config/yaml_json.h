// Free-form YAML as JSON.
#pragma once

#include <functional>
#include <string>

#include "src/config/node.h"

namespace headwater::config {

/// `text` gives the text of a scalar, with everything put in. What stands in quotes, or has
/// something put in, is text; a plain scalar is what YAML 1.2's core schema takes it for
/// (https://yaml.org/spec/1.2.2/#103-core-schema). Members keep their order.
[[nodiscard]] std::string to_json(const Node& node,
                                  const std::function<std::string(const Node&)>& text);

/// A plain number that to_json() cannot give as it is: .inf, .nan, one that 64 bits cannot hold.
[[nodiscard]] bool is_number_beyond_json(const Node& node);

}  // namespace headwater::config
