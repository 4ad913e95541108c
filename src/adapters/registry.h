// The registry of sources and streams: what is built in, by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"

namespace headwater::adapters {

struct Names {
  std::vector<std::string> built_in;  ///< What may stand under `source:` or `stream:`.
  std::vector<std::string> left_out;  ///< Of this build: what another may have.
};

[[nodiscard]] Names source_names();
[[nodiscard]] Names stream_names();

/// The one key of `source:` or `stream:`, which is one of those built in; empty: the section has
/// noted what is wrong.
[[nodiscard]] std::string chosen(config::Section section, const Names& names);

/// `section` is the mapping under `name`, which is one of those built in. `clock` must outlive the
/// adapter. Fails with the section's errors; nothing is opened yet.
Result<std::vector<NamedSource>> make_sources(const std::string& name, config::Section section,
                                              const Clock& clock);
Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock);

}  // namespace headwater::adapters
