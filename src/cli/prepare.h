// What `init` does for one relay, and takes back.
#pragma once

#include "src/base/error.h"
#include "src/ports/report.h"

namespace headwater::cli {

struct ConfiguredRelay;

/// Stream, then source, then where the relay begins. Safe to repeat. Blocks.
Result<Report> prepare(ConfiguredRelay& relay);
/// Source, then stream; events stay. Safe to repeat. Blocks.
Result<Report> remove(ConfiguredRelay& relay);

}  // namespace headwater::cli
