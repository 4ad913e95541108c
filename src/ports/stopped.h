// The error of a call that a stop request has ended.
#pragma once

#include "src/base/error.h"

namespace headwater {

/// Nobody waits for the answer any more, so nobody reads it. After an append: it may or may not
/// have happened.
[[nodiscard]] inline Error stopped(Origin origin) {
  return {.remedy = Remedy::retry,
          .origin = origin,
          .name = origin == Origin::source ? "source.stopped" : "stream.stopped",
          .message = "a stop was requested while the answer was awaited"};
}

}  // namespace headwater
