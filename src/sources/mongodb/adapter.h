// MongoDB as a configured source: what the registry makes from `source: { mongodb: … }`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/sources/mongodb/options.h"

namespace headwater {

/// One adapter for what `options` watch. `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_mongodb_source(mongodb::SourceOptions options,
                                                   const Clock& clock);

/// One for each name under `watch`, in their order. Connects to nothing yet. Fails with config.*.
Result<std::vector<NamedSource>> make_mongodb_sources(config::Section section, const Clock& clock);

}  // namespace headwater
