// A function that the server has stored, read back.
#pragma once

#include <string_view>

#include "src/base/error.h"
#include "src/rethinkdb/term.h"

namespace headwater::rethinkdb {

/// The function of a write hook that was there before, so that it can be called from another. `binary`:
/// what get_write_hook() gives as `function`: a prefix, and the server's form of the function, in which
/// its body is JSON (src/rdb_protocol/wire_func.cc, term_storage.cc). Fails with stop,
/// `source.foreign_hook`, for one in JavaScript, or of another form.
Result<Term> function_in(std::string_view binary);

}  // namespace headwater::rethinkdb
