#include "src/sources/rethinkdb/feed/checked_position.h"

#include <string>

#include "src/ports/loss.h"
#include "src/sources/shared/errors.h"

namespace headwater::rethinkdb {

Error doubted(const Standing& standing) {
  return sources::loss_error(
      went_back, "in " + standing.names.database + "." + standing.names.table + ", " +
                     standing.registered->doubt +
                     ": the database has lost writes, as in a failover, or somebody wrote past the "
                     "hook");
}

Result<RethinkPosition> checked_position(const Position& position, const Standing& standing) {
  auto at = decode(position);
  if (!at) return at;
  const std::string words = standing.names.database + "." + standing.names.table;
  const Registration& registered = *standing.registered;
  if (at->table != standing.names.id) {
    return fail(sources::other_database_error("table " + at->table,
                                              "table " + standing.names.id + ", " + words));
  }
  if (at->journal != registered.journal) {
    return fail(sources::loss_error(history_lost,
                                    "the hook of " + words +
                                        " was installed again, because it had been removed or "
                                        "changed; changes in between are not in its journal"));
  }
  if (at->released > registered.released) {
    return fail(sources::loss_error(
        went_back, words + " is older than the stream: " + std::to_string(registered.released) +
                       " releases are noted in it, and " + std::to_string(at->released) +
                       " in the stream"));
  }
  return at;
}

}  // namespace headwater::rethinkdb
