// Every source, stream and target with a folder. CMake writes the functions' bodies
// (cmake/adapters.cmake).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/ports/target.h"

namespace headwater::adapters {

template <class Made>
struct Kind {
  const char* name;
  /// nullptr: not in this build.
  Result<Made> (*make)(config::Section section, const Clock& clock);
};
using SourceKind = Kind<std::vector<NamedSource>>;
using StreamKind = Kind<std::unique_ptr<StreamAdapter>>;
using TargetKind = Kind<std::unique_ptr<TargetAdapter>>;

/// Sorted by name.
[[nodiscard]] std::span<const SourceKind> source_kinds();
[[nodiscard]] std::span<const StreamKind> stream_kinds();
[[nodiscard]] std::span<const TargetKind> target_kinds();

}  // namespace headwater::adapters
