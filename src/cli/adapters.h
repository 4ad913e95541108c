// The registry of sources and streams.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"

namespace headwater::cli {

/// The names that may stand under `source:` and `stream:`.
[[nodiscard]] std::vector<std::string> source_names();
[[nodiscard]] std::vector<std::string> stream_names();

/// `section` is the mapping under `name`, which is one of the names above. `clock` must outlive the
/// adapter. Fails with the section's errors; nothing is opened yet.
Result<std::vector<NamedSource>> make_sources(const std::string& name, config::Section section,
                                              const Clock& clock);
Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock);

}  // namespace headwater::cli
