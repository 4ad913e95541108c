// PostgreSQL as a configured source.
#pragma once

#include <memory>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/postgresql/options.h"

namespace headwater {

/// `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_postgresql_source(postgresql::SourceOptions options,
                                                      const Clock& clock);

}  // namespace headwater
