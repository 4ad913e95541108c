// A text file as a source.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/shared/policies.h"

namespace headwater::testing {

struct TextOptions {
  std::string path;
  sources::Policies policies{};
};

/// `clock` must outlive it.
std::unique_ptr<SourceAdapter> make_text_source(TextOptions options, const Clock& clock);

}  // namespace headwater::testing
