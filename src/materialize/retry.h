// Calls that are made again while they may succeed later.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "src/base/error.h"

namespace headwater::materialize {

/// Makes the call again, with pauses, as long as it fails with Remedy::retry, and returns its last
/// result. May give up; does soon after `stop` is requested. Any thread.
using Retry =
    std::function<Result<void>(const std::function<Result<void>()>& call, std::stop_token stop)>;

/// The same for a call with a value.
template <class Call>
auto retried(const Retry& retry, const std::stop_token& stop, Call call) -> decltype(call()) {
  std::optional<decltype(call())> result;
  auto ended = retry(
      [&]() -> Result<void> {
        result = call();
        if (!*result) return fail(result->error());
        return {};
      },
      stop);
  if (!result) return failed(ended);
  return *std::move(result);
}

}  // namespace headwater::materialize
