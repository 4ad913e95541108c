// What every audit does with its findings.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "src/ports/audit.h"

namespace headwater::sources {

/// The first few ids are enough to look at.
inline void add_example(IdFindings& found, std::string id) {
  constexpr std::size_t most = 10;
  if (found.examples.size() < most) found.examples.push_back(std::move(id));
}

}  // namespace headwater::sources
