// What is sent with a token: [type, term, {options}] (src/rdb_protocol/ql2.proto, Query.QueryType).
#pragma once

#include <string>

#include "src/rethinkdb/term.h"

namespace headwater::rethinkdb::query {

/// `options` hold for all of the query: {"durability", "hard"}.
[[nodiscard]] std::string start(const Term& term, const Options& options = {});

/// For a token whose last answer was AnswerType::partial.
inline constexpr const char* proceed = "[2]";
/// For a token that is not finished. Both it and the query that waits are answered
/// (src/rdb_protocol/query_cache.cc, stop_query()).
inline constexpr const char* stop = "[3]";
/// Answered when all earlier queries with {"noreply", true} are done.
inline constexpr const char* noreply_wait = "[4]";
/// Answered with the server's id, its name, and whether it is a proxy.
inline constexpr const char* server_info = "[5]";

}  // namespace headwater::rethinkdb::query
