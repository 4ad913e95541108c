// What draining costs at the least: the same rows, copied by a plain loop.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"

namespace headwater::bench {

/// Copies every row of the change log in `source` into the embedded stream `stream`, as events of
/// like size in transactions of `batch`, each durable before the next begins. No shapes, no exact
/// values, no fence, no resuming: SQLite's C interface and nothing else.
Result<void> copy_log(const std::string& source, const std::string& stream, std::int64_t batch);

}  // namespace headwater::bench
