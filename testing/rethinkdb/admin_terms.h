// Terms that only tests send.
#pragma once

#include "src/rethinkdb/term.h"

namespace headwater::rethinkdb::admin {

inline constexpr auto db_create = static_cast<TermType>(57);
inline constexpr auto db_drop = static_cast<TermType>(58);
inline constexpr auto reconfigure = static_cast<TermType>(176);
inline constexpr auto grant = static_cast<TermType>(188);

}  // namespace headwater::rethinkdb::admin
