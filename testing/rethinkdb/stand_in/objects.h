// What pluck, without, has_fields and merge do to one object.
#pragma once

#include <optional>
#include <vector>

#include "testing/rethinkdb/stand_in/datum.h"

namespace headwater::rethinkdb::stand_in {

/// A path is a name, an object of paths in which `true` stands for all, or an array of these.
using Paths = std::vector<Datum>;

[[nodiscard]] Datum plucked(const Datum& object, const Paths& paths);
[[nodiscard]] Datum without_paths(const Datum& object, const Paths& paths);
[[nodiscard]] bool has_paths(const Datum& object, const Paths& paths);

/// What literal() makes; nothing: the member goes.
[[nodiscard]] Datum literal_of(const std::optional<Datum>& value);
/// Objects are merged member by member; anything else, and a literal, replaces what was there.
[[nodiscard]] Datum merged(const Datum& object, const Datum& changes);
/// Throws QueryError if a literal is in it, where merge() has not seen it.
void refuse_literals(const Datum& datum);

}  // namespace headwater::rethinkdb::stand_in
