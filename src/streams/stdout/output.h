// Writes to a descriptor whose other end may be closed.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::stdout_stream {

/// Converts an errno to an Error; `where` is its name in the message.
[[nodiscard]] Error output_error(int code, const std::string& where);

/// Blocks until all is written. A reader that has closed its end gives `stream.broken_pipe` and no
/// SIGPIPE. A failure may leave a part written.
Result<void> write_all(int descriptor, std::string_view bytes, const std::string& where);

}  // namespace headwater::stdout_stream
