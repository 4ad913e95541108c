// SQLite as a source, for the registry.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/sources/sqlite/options.h"

namespace headwater {

/// From the section under `source: { sqlite: … }`. Connects to nothing yet. `clock` must outlive
/// the adapter and all it makes. Fails with config.*.
Result<std::unique_ptr<SourceAdapter>> make_sqlite_source(config::Section section,
                                                          const Clock& clock);
std::unique_ptr<SourceAdapter> make_sqlite_source(sqlite::SourceOptions options,
                                                  const Clock& clock);

}  // namespace headwater
