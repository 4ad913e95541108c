// A function as the server stores it and shows it, in index_status() and get_write_hook().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "testing/rethinkdb/stand_in/node.h"

namespace headwater::rethinkdb::stand_in {

/// What a function is for is written before it.
inline constexpr std::string_view index_prefix = "$reql_index_function$\t\7\7\7";
inline constexpr std::string_view hook_prefix = "$reql_write_hook_function$";

/// Its bytes, as src/rdb_protocol/wire_func.cc orders them; `last`: those of an index that follow.
[[nodiscard]] std::string stored_function(std::string_view prefix, const Node& function,
                                          std::string_view last = {});

struct StoredFunction {
  NodePtr function;
  std::string last;
};
/// Back from it. Nothing: the bytes are not of this kind.
[[nodiscard]] std::optional<StoredFunction> function_of(std::string_view prefix,
                                                        std::string_view bytes);

}  // namespace headwater::rethinkdb::stand_in
