// A value of ReQL as JSON.
#pragma once

#include <string>
#include <string_view>

#include "src/json/json.h"
#include "testing/rethinkdb/stand_in/datum.h"

namespace headwater::rethinkdb::stand_in {

/// An object with `$reql_type$` becomes a time or a binary. Throws QueryError if it is not one.
[[nodiscard]] Datum datum_of(const Json& json);
/// The same for an object whose members are known.
[[nodiscard]] Datum typed(Datum::Object members);

/// Compact, as in answers.
[[nodiscard]] std::string to_json(const Datum& datum);
void append_to_json(std::string& to, const Datum& datum);
/// With line breaks and tabs, as in error messages.
[[nodiscard]] std::string printed(const Datum& datum);

/// The text of a member; empty without it.
[[nodiscard]] std::string text_in(const Json& object, std::string_view name);
[[nodiscard]] std::string text_in(const Datum& object, std::string_view name);

}  // namespace headwater::rethinkdb::stand_in
