// What the relay's user may not do, and the statements that allow it.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/tables.h"

namespace headwater::postgresql {

struct MissingRight {
  std::string what;    ///< "user a may not create a publication"
  std::string next;    ///< "GRANT CREATE ON DATABASE "shop" TO "a""
  bool needed = true;  ///< Otherwise the relay only sees less without it.
};

/// For the publication, the slot and the snapshots of these tables. A right is not missing if what
/// it is for has been done. `repairs`: init would change a publication that is there.
Result<std::vector<MissingRight>> missing_rights(Server& server, const std::vector<Table>& tables,
                                                 bool repairs);

}  // namespace headwater::postgresql
