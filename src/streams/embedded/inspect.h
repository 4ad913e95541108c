// The findings of `check` and `init` about the file.
#pragma once

#include <string>

#include "src/ports/report.h"
#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"

namespace headwater::embedded {

/// Checks everything and changes nothing; failures are findings.
[[nodiscard]] Report inspect(const Options& options, const std::string& relay, WallTime now);

/// Where the relay's events end.
Result<Finding> describe_tail(sqlite::Database& database, const std::string& relay);

}  // namespace headwater::embedded
