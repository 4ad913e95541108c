// The work of `init` for one relay, and its removal.
#pragma once

#include "src/base/error.h"
#include "src/ports/report.h"

namespace headwater::cli {

struct ConfiguredRelay;

/// Prepares the stream, then the source, then saves where the relay begins. Safe to repeat. Blocks.
Result<Report> prepare(ConfiguredRelay& relay);
/// Removes from the source, then from the stream; events stay. Safe to repeat. Blocks.
Result<Report> remove(ConfiguredRelay& relay);

}  // namespace headwater::cli
