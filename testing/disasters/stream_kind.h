// The streams that the disasters run on.
#pragma once

#include <ostream>
#include <vector>

#include "testing/rig/pipeline.h"

namespace headwater::rig {

struct StreamKind {
  const char* name;
  MakeStream make;
};

inline void PrintTo(const StreamKind& kind, std::ostream* out) { *out << kind.name; }

/// Those that have a StreamUnderTest::network(). CMake writes the function's body
/// (cmake/streams_under_test.cmake).
[[nodiscard]] std::vector<StreamKind> streams_with_server();

}  // namespace headwater::rig
