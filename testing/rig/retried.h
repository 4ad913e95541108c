// Retries, as a relay makes them.
#pragma once

#include "src/base/error.h"
#include "src/ports/source.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

/// Calls `call` until its Result is a success, or an error other than Remedy::retry; at most for
/// `patience`. Returns the last Result.
template <class Call>
[[nodiscard]] auto retried(const Call& call) {
  auto result = call();
  const auto is_final = [&] { return result || result.error().remedy != Remedy::retry; };
  (void)wait_until([&] {
    if (!is_final()) result = call();
    return is_final();
  });
  return result;
}

/// Reads the changes after `at`, and moves `at` to their end. After a failed read it opens the
/// source again at `at`.
[[nodiscard]] inline Result<ChangeBatch> read_on(Source& source, Position& at,
                                                 const ReadLimits& limits, Milliseconds wait) {
  bool read_before = false;
  auto batch = retried([&]() -> Result<ChangeBatch> {
    if (read_before) {
      if (auto opened = source.open(at); !opened) return fail(std::move(opened.error()));
    }
    read_before = true;
    return source.read(limits, wait, {});
  });
  if (batch) at = batch->position;
  return batch;
}

}  // namespace headwater::rig
