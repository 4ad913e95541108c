// Writing to a descriptor whose other end may be gone.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::stdout_stream {

/// How an errno reads as an Error; `where` is for people.
[[nodiscard]] Error output_error(int code, const std::string& where);

/// Blocks until all is written. A reader that is gone gives `stream.broken_pipe` and no SIGPIPE.
/// After a failure a part may have been written.
Result<void> write_all(int descriptor, std::string_view bytes, const std::string& where);

}  // namespace headwater::stdout_stream
