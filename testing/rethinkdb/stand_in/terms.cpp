#include "testing/rethinkdb/stand_in/terms.h"

#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
namespace {

const Terms& all_terms() {
  static const Terms all = [] {
    Terms terms;
    for (const auto add :
         {add_arithmetic, add_control, add_objects, add_arrays, add_sequences, add_types, add_reads,
          add_orders, add_writes, add_tables, add_configs, add_indexes, add_hooks, add_feeds}) {
      add(terms);
    }
    return terms;
  }();
  return all;
}

std::string expected_number(const TermKind& kind) {
  if (kind.most == any_number) return std::to_string(kind.least) + " or more";
  if (kind.least == kind.most) return std::to_string(kind.least);
  return "between " + std::to_string(kind.least) + " and " + std::to_string(kind.most);
}

}  // namespace

const TermKind& kind_of(int type) {
  const auto found = all_terms().find(type);
  if (found == all_terms().end()) {
    fail_compile("Unrecognized TermType: " + std::to_string(type) + ".");
  }
  return found->second;
}

void check_shape(const Node& node) {
  const TermKind& kind = kind_of(node.type);
  const std::size_t size = node.arguments.size();
  if (size < kind.least || size > kind.most) {
    const std::string expected = expected_number(kind);
    fail_compile("Expected " + expected + " argument" + (expected == "1" ? "" : "s") +
                 " but found " + std::to_string(size) + ".");
  }
  for (const auto& [name, value] : node.options) {
    if (!kind.any_options && !kind.options.contains(name)) {
      fail_compile("Unrecognized optional argument `" + name + "`.");
    }
  }
}

}  // namespace headwater::rethinkdb::stand_in
