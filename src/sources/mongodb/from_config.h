// Reads the section under `source: { mongodb: … }`. In its own file, so that only what reads a
// configuration needs that library.
#pragma once

#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/sources/mongodb/options.h"

namespace headwater {

namespace mongodb {

/// One for each name under `watch`, in their order; alike in everything else. Fails with config.*.
Result<std::vector<SourceOptions>> read_options(config::Section section);

}  // namespace mongodb

/// One adapter for each of the options. Opens nothing yet. Fails with config.*.
Result<std::vector<NamedSource>> make_mongodb_sources(config::Section section, const Clock& clock);

}  // namespace headwater
