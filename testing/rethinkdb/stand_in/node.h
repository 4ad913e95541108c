// A query as a tree: its JSON, understood.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "testing/rethinkdb/stand_in/datum.h"

namespace headwater::rethinkdb::stand_in {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

/// A term, or a value: then `type` is term::datum. An object of terms is term::make_object, with
/// them as its options. A function is term::func with one argument, its body.
struct Node {
  int type = 0;
  Datum value{};
  std::vector<int> variables{};  ///< Of a function.
  std::vector<NodePtr> arguments{};
  std::map<std::string, NodePtr> options{};
};

/// Throws QueryError. `bound`: the variables of the functions around it. Also understands
/// with_places().
[[nodiscard]] NodePtr parse_term(const Json& json, const std::set<int>& bound = {});

/// In a query, it is the same time all along.
enum class Now { constant, changing };
/// Whether it gives the same result each time: it asks for no time, no chance and no table.
[[nodiscard]] bool is_deterministic(const Node& node, Now now);

/// The server's own JSON of a term: each has the number of its place after it.
[[nodiscard]] std::string with_places(const Node& node);

}  // namespace headwater::rethinkdb::stand_in
