// What streams say alike in `init` and `check`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "src/ports/report.h"
#include "src/streams/shared/errors.h"

namespace headwater::streams {

/// Where the relay's events end.
[[nodiscard]] inline Finding describe_tail(const std::string& relay, const Tail& tail) {
  if (tail == Tail{}) return {.what = "relay " + relay + ": has not appended yet"};
  const std::string last = tail.sequence == 0
                               ? ": has appended a position, and no event yet"
                               : ": its last event is " + std::to_string(tail.sequence);
  return {.what = "relay " + relay + last + ", from " + tail.source};
}

/// The relay's tail in `where` is forgotten, if it had one.
[[nodiscard]] inline Finding describe_removal(const std::string& relay, bool had_tail,
                                              const std::string& where) {
  return {.what = "relay " + relay + (had_tail ? ": tail forgotten in " : ": had no tail in ") +
                  where + "; its events stay"};
}

/// Fails with `name` for the first problem; `before` begins the message.
[[nodiscard]] inline Result<void> without_problems(const Report& report, const std::string& name,
                                                   const std::string& before) {
  const auto bad = std::ranges::find(report, Finding::Kind::problem, &Finding::kind);
  if (bad == report.end()) return {};
  return fail(hopeless(name, before + bad->what, bad->next));
}

/// "3 MiB", rounded up.
[[nodiscard]] inline std::string mebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + (1U << 20U) - 1) >> 20U) + " MiB";
}

}  // namespace headwater::streams
