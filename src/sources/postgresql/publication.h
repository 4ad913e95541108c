// The publication that a relay makes for itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/tables.h"

namespace headwater::postgresql {

/// How our own publication differs from what is configured, in words for people: somebody may have
/// changed it. nullopt: there is none. Tables that are merely missing are not in it; they say so
/// themselves. Only after Server::link().
using PublicationFaults = std::optional<std::vector<std::string>>;
Result<PublicationFaults> publication_faults(Server& server, const std::vector<Table>& tables);
/// Whether there is one, and something of it has to be set right.
[[nodiscard]] bool needs_repair(const PublicationFaults& faults, const std::vector<Table>& tables);

/// Makes it.
Result<void> create_publication(Server& server, const std::vector<Table>& tables);
/// Makes it what is configured, whatever it was, in one step: no change meets it half done.
Result<void> repair_publication(Server& server, const std::vector<Table>& tables);
Result<void> drop_publication(Server& server);

}  // namespace headwater::postgresql
