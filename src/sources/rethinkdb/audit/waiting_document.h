// A document as text, while it waits for later events.
#pragma once

#include <string>

#include "src/sources/rethinkdb/journal/document.h"

namespace headwater::rethinkdb {

/// As the server would write it: take_apart() reads it.
[[nodiscard]] std::string to_json(const JournaledDocument& document);

}  // namespace headwater::rethinkdb
