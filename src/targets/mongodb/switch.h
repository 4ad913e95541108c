// Lets the collections of one copy replace those of another. MongoDB renames no collection in a
// transaction, so this is several steps, and a note in the place says that they have begun.
#pragma once

#include <string>

#include "src/ports/target.h"
#include "src/targets/mongodb/client.h"

namespace headwater::target_mongodb {

/// Notes in the place of `to`, if that is still at `expected`, that `from` replaces it. No process
/// can move that place until the switch is finished.
Result<void> begin_switch(Client& client, const CopyName& from, const CopyName& to,
                          const CopyPlace& expected);
/// Finishes a switch that is noted in the place of `copy`. Does nothing without a note. Any number
/// of processes may do it.
Result<void> finish_switch(Client& client, const std::string& copy);

/// Succeeds if there is none.
Result<void> drop_collection(Client& client, const std::string& collection);

}  // namespace headwater::target_mongodb
