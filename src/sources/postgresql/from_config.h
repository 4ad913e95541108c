// Reads the section under `source: { postgresql: … }`. In its own file, so that only what reads a
// configuration needs that library.
#pragma once

#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/sources/postgresql/options.h"

namespace headwater {

namespace postgresql {

/// Fails with config.*.
Result<SourceOptions> read_options(config::Section section);

}  // namespace postgresql

/// Opens nothing yet. Fails with config.*.
Result<std::vector<NamedSource>> make_postgresql_sources(config::Section section,
                                                         const Clock& clock);

}  // namespace headwater
