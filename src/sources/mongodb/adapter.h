// MongoDB as a configured source.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/mongodb/options.h"

namespace headwater {

/// One adapter for what `options` watch. `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_mongodb_source(mongodb::SourceOptions options,
                                                   const Clock& clock);

}  // namespace headwater
