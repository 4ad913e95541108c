// A followed table as a configured source.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/rethinkdb/options.h"

namespace headwater {

/// `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_rethinkdb_source(rethinkdb::SourceOptions options,
                                                     const Clock& clock);

}  // namespace headwater
