// What a configuration says under `materialize`.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/materialize/decoder.h"
#include "src/ports/target.h"

namespace headwater::cli {

struct ConfiguredCopy {
  std::string name;  ///< Unless the command line gives another: the relay's.
  std::shared_ptr<TargetAdapter> target;
  materialize::DecoderOptions decoder;
};

/// `section` is the mapping under `materialize`. `clock` must outlive the result. Opens nothing
/// yet.
Result<ConfiguredCopy> read_copy(config::Section section, const Clock& clock);

}  // namespace headwater::cli
