// Printing results on stdout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/cli/log.h"
#include "src/ports/report.h"

namespace headwater::cli {

struct ConfiguredRelay;

/// Writes all of it to stdout at once. False: nobody reads any more (a closed pipe), or it cannot
/// be written.
[[nodiscard]] bool print(std::string_view text);

/// What there is to say of it, by `errno`.
[[nodiscard]] Error not_printed(int code);

/// After print() has failed: says why, unless nobody reads any more, who need not be told. The exit
/// code.
int end_unprinted(Log& log);

/// "orders: sqlite shop.db → embedded stream events.db (exactly once)"
[[nodiscard]] std::string headline(const ConfiguredRelay& relay);

/// Aligned lines, what to do below the finding it is for.
[[nodiscard]] std::string to_text(const Report& report);
[[nodiscard]] bool has_problem(const Report& report);

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace headwater::cli
