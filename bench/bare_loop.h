// The baseline of draining: a plain loop that copies the same rows.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"

namespace headwater::bench {

/// Copies every row of the change log in `source` into the embedded stream `stream`, as events of
/// similar size in durable transactions of `batch`. Uses only SQLite's C interface: no shapes, no
/// exact values, no fence, no resuming.
Result<void> copy_log(const std::string& source, const std::string& stream, std::int64_t batch);

}  // namespace headwater::bench
