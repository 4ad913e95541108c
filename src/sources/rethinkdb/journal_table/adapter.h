// A journal that a service writes, as a configured source.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/rethinkdb/options.h"

namespace headwater {

/// `options.table` is the journal. `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_rethinkdb_journal(rethinkdb::SourceOptions options,
                                                      const Clock& clock);

}  // namespace headwater
