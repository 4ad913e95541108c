// Doing again what failed and may not fail the next time, as a relay does.
#pragma once

#include "src/base/error.h"
#include "src/ports/source.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

/// What `call` gives, a Result: called again while it says Remedy::retry, within patience.
template <class Call>
[[nodiscard]] auto retried(const Call& call) {
  auto result = call();
  const auto over = [&] { return result || result.error().remedy != Remedy::retry; };
  (void)wait_until([&] {
    if (!over()) result = call();
    return over();
  });
  return result;
}

/// What comes after `at`, which moves on. A source whose read failed is opened again there first.
[[nodiscard]] inline Result<ChangeBatch> read_on(Source& source, Position& at,
                                                 const ReadLimits& limits, Milliseconds wait) {
  bool failed = false;
  auto batch = retried([&]() -> Result<ChangeBatch> {
    if (failed) {
      if (auto opened = source.open(at); !opened) return fail(std::move(opened.error()));
    }
    failed = true;
    return source.read(limits, wait, {});
  });
  if (batch) at = batch->position;
  return batch;
}

}  // namespace headwater::rig
