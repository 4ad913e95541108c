// The embedded stream: a SQLite file that one or more relays append to while readers in other
// processes follow. docs/formats/embedded-stream.md specifies the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"

namespace headwater {

namespace embedded {

/// What may be forgotten, oldest first. A limit that is absent limits nothing.
struct Retention {
  std::optional<Milliseconds> age{};    ///< Since the stream took the event.
  std::optional<std::uint64_t> size{};  ///< Bytes in use in the file.
  /// Remove even what a named consumer has not acknowledged yet.
  bool ignore_consumers = false;
};

struct Options {
  std::string path;
  Retention retention{};
};

/// `clock` must outlive the adapter and all it makes.
[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock);

}  // namespace embedded

/// From `stream: { embedded: { path, retention: { age, size, consumers: keep|ignore } } }`; the
/// section is the mapping under `embedded`. Nothing is opened yet.
Result<std::unique_ptr<StreamAdapter>> make_embedded_stream(config::Section section,
                                                            const Clock& clock);

}  // namespace headwater
