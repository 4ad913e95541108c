// A write hook of the user's own, which Headwater's calls and `init --remove` puts back.
#pragma once

#include <optional>

#include "src/base/error.h"
#include "src/json/json.h"
#include "src/rethinkdb/term.h"
#include "src/sources/rethinkdb/options.h"

namespace headwater::rethinkdb {

struct Foreign {
  Term binary = Term::null();  ///< As the server stored it; null: there is none.
  std::optional<Term> function{};
};

/// Whether the hook that a table has, by its config(), is Headwater's or can be called by it. Fails with
/// stop, `source.foreign_hook`.
Result<void> check_callable(const Json& config);

/// `is_ours`: the table has Headwater's hook. `registration`: of the table, null if there is none. Fails
/// with stop, `source.foreign_hook`, if there is one that cannot be called, or was one of which nobody
/// knows any more what it was.
Result<Foreign> foreign_hook(const SourceOptions& options, const Json& config, bool is_ours,
                             const Json& registration);

}  // namespace headwater::rethinkdb
