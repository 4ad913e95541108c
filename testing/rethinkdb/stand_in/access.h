// What must be so before a table is read or written.
#pragma once

#include <string>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {

/// Throws QueryError if the user may not read it, or if its replicas cannot be reached. A majority
/// read writes down what only memory has, so that what it returns survives. Feeds end when somebody
/// finds that the replicas are gone.
void begin_read(Evaluator& evaluator, Table& table, const std::string& read_mode);
/// The same for writes.
void begin_write(Evaluator& evaluator, const Table& table);

/// Throws the server's error for a right that is missed where the server does not expect that.
void need_unexpectedly(const Evaluator& evaluator, Right right, const Table& table);

}  // namespace headwater::rethinkdb::stand_in
