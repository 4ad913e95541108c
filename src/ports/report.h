// The findings of `init` and `check`, for people.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"

namespace headwater {

struct Finding {
  enum class Kind {
    ok,       ///< As it should be, or done just now.
    note,     ///< Worth knowing; nothing to do.
    problem,  ///< Must be fixed; `next` says how.
  };
  Kind kind = Kind::ok;
  std::string what{};  ///< "table orders: captured (5 columns, key id)"
  std::string next{};  ///< The command or change that fixes a problem, or a useful hint.
};

using Report = std::vector<Finding>;

[[nodiscard]] inline Finding problem(const Error& error) {
  return {.kind = Finding::Kind::problem, .what = error.message, .next = error.next};
}

inline void add(Report& report, const Report& more) {
  report.insert(report.end(), more.begin(), more.end());
}

}  // namespace headwater
