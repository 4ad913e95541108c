// The stdout stream: one CloudEvents JSON object a line. Standard output cannot compare, so a small
// file keeps the tail: events come at least once, under the same ids.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"

namespace headwater {

namespace stdout_stream {

struct Options {
  /// The file with the tail; docs/formats/stdout-position.md specifies it. One file for each relay.
  std::string position;
  /// The descriptor for the lines; not closed.
  int descriptor = 1;
};

[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options);

}  // namespace stdout_stream

/// From `stream: { stdout: { position: FILE } }`; the section is the mapping under `stdout`.
Result<std::unique_ptr<StreamAdapter>> make_stdout_stream(config::Section section,
                                                          const Clock& clock);

}  // namespace headwater
