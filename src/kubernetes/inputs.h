// Reads the files that a lint is given.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// Each word is a file, a folder, or "-" for standard input. Of a folder, all .yaml, .yml and .json
/// files and kustomize's `Kustomization` are read, also behind symbolic links, but not in hidden
/// folders, nor in Helm charts, which are skipped. What is named twice is read once. Blocks while it
/// reads. What cannot be read is an Input that says why.
[[nodiscard]] std::vector<Input> read_inputs(const std::vector<std::string>& words);

}  // namespace headwater::kubernetes
