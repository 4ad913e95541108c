// The findings of `init` and `check` about a stream.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/streams/redis/connection.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// The relay's tail, for the report; changes nothing.
Result<Finding> describe_tail(Connection& connection, const Options& options,
                              const std::string& relay);

/// Checks everything and changes nothing.
[[nodiscard]] Report inspect(const Options& options, const std::string& relay);

}  // namespace headwater::redis
