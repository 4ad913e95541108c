// Primary keys.
#pragma once

#include "testing/rethinkdb/stand_in/datum.h"

namespace headwater::rethinkdb::stand_in {

/// Throws QueryError unless the value can be one, which also depends on its size.
void check_primary_key(const Datum& key);

}  // namespace headwater::rethinkdb::stand_in
