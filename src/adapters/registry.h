// The registry of sources, streams and targets: those in this build, by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/ports/target.h"

namespace headwater::adapters {

struct Names {
  std::vector<std::string> built_in;  ///< Valid keys under `source:`, `stream:` or `into:`.
  std::vector<std::string> left_out;  ///< Left out of this build; another may have them.
};

[[nodiscard]] Names source_names();
[[nodiscard]] Names stream_names();
[[nodiscard]] Names target_names();

/// The one key of `source:`, `stream:` or `into:`, which this build has; empty if the section noted an
/// error.
[[nodiscard]] std::string chosen(config::Section section, const Names& names);

/// `section` is the mapping under `name`, which this build has. `clock` must outlive the adapter.
/// Fails with the section's errors; opens nothing yet.
Result<std::vector<NamedSource>> make_sources(const std::string& name, config::Section section,
                                              const Clock& clock);
Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock);
Result<std::unique_ptr<TargetAdapter>> make_target(const std::string& name, config::Section section,
                                                   const Clock& clock);

}  // namespace headwater::adapters
