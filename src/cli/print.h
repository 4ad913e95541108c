// Printing results on stdout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/cli/log.h"
#include "src/ports/adapter.h"
#include "src/ports/report.h"

namespace headwater::cli {

struct ConfiguredRelay;

/// Writes all of it to stdout at once. Returns false if nobody reads any more (a closed pipe), or
/// writing failed.
[[nodiscard]] bool print(std::string_view text);

/// The error for an `errno`.
[[nodiscard]] Error not_printed(int code);

/// After print() failed: logs the reason, unless the reader has closed the pipe. Returns the exit
/// code.
int end_unprinted(Log& log);

/// What the pipeline promises, which is the less of what source and stream do: "exactly once", "at
/// least once, in order for each key".
[[nodiscard]] std::string promise(const SourceAdapter& source, const StreamAdapter& stream);

/// "orders: sqlite shop.db → embedded stream events.db (exactly once)"
[[nodiscard]] std::string headline(const ConfiguredRelay& relay);

/// Aligned lines, each `next` below its finding.
[[nodiscard]] std::string to_text(const Report& report);
[[nodiscard]] bool has_problem(const Report& report);

}  // namespace headwater::cli
