// The configuration of RethinkDB sources.
#pragma once

#include <vector>

#include "src/base/error.h"
#include "src/config/section.h"
#include "src/sources/rethinkdb/options.h"

namespace headwater::rethinkdb {

/// One for each table, or one for a journal.
Result<std::vector<SourceOptions>> read_options(config::Section section);

}  // namespace headwater::rethinkdb
