// The options that every source has. In a room of its own, so that only what reads a configuration
// needs that library.
#pragma once

#include "src/config/section.h"
#include "src/sources/shared/policies.h"

namespace headwater::sources {

/// Reads `snapshot`, `on_lost_position`, `on_large_change` and `max_change`. What the section does
/// not have is as in `defaults`.
[[nodiscard]] Policies read_policies(config::Section& section, Policies defaults);

}  // namespace headwater::sources
