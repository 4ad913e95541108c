// Which terms there are, and who evaluates them.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "testing/rethinkdb/stand_in/node.h"
#include "testing/rethinkdb/stand_in/value.h"

namespace headwater::rethinkdb::stand_in {

class Call;

inline constexpr std::size_t any_number = 1'000'000;

struct TermKind {
  Value (*evaluate)(const Call& call) = nullptr;
  std::size_t least = 0;  // arguments
  std::size_t most = 0;
  std::set<std::string> options{};
  bool any_options = false;
};
using Terms = std::map<int, TermKind>;

/// Each family of terms adds its own.
void add_arithmetic(Terms& to);
void add_control(Terms& to);
void add_objects(Terms& to);
void add_arrays(Terms& to);
void add_sequences(Terms& to);
void add_types(Terms& to);
void add_reads(Terms& to);
void add_orders(Terms& to);
void add_writes(Terms& to);
void add_tables(Terms& to);
void add_configs(Terms& to);
void add_indexes(Terms& to);
void add_hooks(Terms& to);
void add_feeds(Terms& to);

/// Throws QueryError for a term that is not known.
[[nodiscard]] const TermKind& kind_of(int type);
/// Throws QueryError if the number of arguments or an option is not the term's.
void check_shape(const Node& node);

}  // namespace headwater::rethinkdb::stand_in
