// SQLite as a source, for the registry.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/sqlite/options.h"

namespace headwater {

/// `clock` must outlive the adapter and everything it creates.
std::unique_ptr<SourceAdapter> make_sqlite_source(sqlite::SourceOptions options,
                                                  const Clock& clock);

}  // namespace headwater
