// Free-form YAML as JSON.
#pragma once

#include <functional>
#include <string>

#include "src/yaml/node.h"

namespace headwater::config {

/// `text` returns the text of a scalar, after substitution. A quoted or substituted scalar is text;
/// a plain scalar has its type by YAML 1.2's core schema
/// (https://yaml.org/spec/1.2.2/#103-core-schema). Members keep their order.
[[nodiscard]] std::string to_json(const yaml::Node& node,
                                  const std::function<std::string(const yaml::Node&)>& text);

/// A plain number that to_json() cannot represent: .inf, .nan, or more than 64 bits.
[[nodiscard]] bool is_number_beyond_json(const yaml::Node& node);

}  // namespace headwater::config
