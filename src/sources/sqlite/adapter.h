// SQLite as a source, for the registry.
#pragma once

#include <memory>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/sources/sqlite/options.h"

namespace headwater {

/// `clock` must outlive the adapter and everything it creates.
std::unique_ptr<SourceAdapter> make_sqlite_source(sqlite::SourceOptions options,
                                                  const Clock& clock);

/// Creates the adapter from the section under `source: { sqlite: … }`. Opens nothing yet. Fails
/// with config.*.
Result<std::vector<NamedSource>> make_sqlite_sources(config::Section section, const Clock& clock);

}  // namespace headwater
