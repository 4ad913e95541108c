// The hint at who leads that a configuration names, if it does.
#pragma once

#include <memory>

#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/ports/hint.h"

namespace headwater::cli {

/// Reads a relay's section `standby`; null: it has none, or one that is wrong, which the section then
/// notes. `source` must outlive the hint.
std::unique_ptr<HintAdapter> read_standby(config::Section relay, SourceAdapter& source);

}  // namespace headwater::cli
