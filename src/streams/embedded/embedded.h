// The embedded stream: a SQLite file. One or more relays append to it while readers in other
// processes follow. docs/formats/embedded-stream.md specifies the file.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/streams/shared/options.h"

namespace headwater {

namespace embedded {

using streams::Retention;

struct Options {
  std::string path;
  Retention retention{};
};

/// `clock` must outlive the adapter and everything it creates.
[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock);

}  // namespace embedded

/// From `stream: { embedded: { path, retention: { age, size, consumers: keep|ignore } } }`; the
/// section is the mapping under `embedded`. Opens nothing yet.
Result<std::unique_ptr<StreamAdapter>> make_embedded_stream(config::Section section,
                                                            const Clock& clock);

}  // namespace headwater
