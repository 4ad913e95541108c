// The steps of `init` and `init --remove`, each a query or a few, as a user who may configure the
// database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "src/base/error.h"
#include "src/json/json.h"
#include "src/rethinkdb/term.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

[[nodiscard]] Term followed(const SourceOptions& options);
[[nodiscard]] Term registrations(const SourceOptions& options);
[[nodiscard]] Term database(const SourceOptions& options);

/// The answer, which is one value.
Result<Json> asked(Session& session, const Term& term);
/// For a query whose answer has no value of interest. Fails also if a write is refused.
Result<void> done(Session& session, const Term& term);

/// A table of ours, on as many servers as the followed one, whose `config` this is. Makes it if it is
/// not there.
Result<void> make_table(Session& session, const Json& config, const std::string& name);
/// If it is there.
Result<void> drop_table(Session& session, const std::string& name);

/// Runs what `step` makes of some documents, a part of the table after the other. Returns how many
/// changes they had pending.
Result<std::uint64_t> with_each_part(Session& session, const std::string& primary_key,
                                     const std::function<Term(const Term& documents)>& step);

}  // namespace headwater::rethinkdb
