#include "testing/rethinkdb/stand_in/node.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/event/json_text.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

NodePtr value_node(Datum value) {
  return std::make_shared<const Node>(Node{.type = term::datum, .value = std::move(value)});
}

NodePtr parse_object(const Json& json, const std::set<int>& bound) {
  if (json.contains("$reql_type$")) return value_node(datum_of(json));
  Node node{.type = term::make_object};
  for (const Json::Member& each : json.members()) {
    if (!node.options.emplace(each.name, parse_term(each.value, bound)).second) {
      fail("Duplicate key \"" + each.name + "\" in object.");
    }
  }
  return std::make_shared<const Node>(std::move(node));
}

std::vector<int> variables_of(const Json& list) {
  std::vector<int> variables;
  for (const Json& each : list[1].elements()) {
    // A driver may wrap each number, as the server does in what it stores.
    const Json& number = each.is_array() ? each[1] : each;
    variables.push_back(static_cast<int>(number.integer().value_or(0)));
  }
  return variables;
}

NodePtr parse_function(const Json& arguments, std::set<int> bound) {
  if (arguments.size() != 2) fail_compile("Expected 2 arguments but found a different number.");
  Node node{.type = term::func, .variables = variables_of(arguments[std::size_t{0}])};
  bound.insert(node.variables.begin(), node.variables.end());
  node.arguments.push_back(parse_term(arguments[1], bound));
  return std::make_shared<const Node>(std::move(node));
}

NodePtr parse_call(const Json& json, const std::set<int>& bound) {
  const auto type = json[std::size_t{0}].integer();
  if (!type) fail_compile("Expected a TermType as a NUMBER but found another value.");
  const Json& arguments = json[1];
  if (*type == term::datum) return value_node(datum_of(arguments));
  if (*type == term::make_object) return parse_object(arguments, bound);
  if (*type == term::func) return parse_function(arguments, bound);
  Node node{.type = static_cast<int>(*type)};
  if (node.type == term::var) {
    const Json& first = arguments[std::size_t{0}];
    const auto number = (first.is_array() ? first[1] : first).integer().value_or(0);
    if (!bound.contains(static_cast<int>(number))) fail_compile("Variable name not found.");
    node.variables = {static_cast<int>(number)};
    return std::make_shared<const Node>(std::move(node));
  }
  for (const Json& each : arguments.elements()) node.arguments.push_back(parse_term(each, bound));
  for (const Json::Member& each : json[2].members()) {
    node.options.insert_or_assign(each.name, parse_term(each.value, bound));
  }
  check_shape(node);
  return std::make_shared<const Node>(std::move(node));
}

void append_place(std::string& to) { to += ",0]"; }

void append_options(std::string& to, const Node& node) {
  to += '{';
  for (const auto& [name, each] : node.options) {
    if (to.back() != '{') to += ',';
    append_json_name(to, name);
    to += ':' + with_places(*each);
  }
  to += '}';
}

std::string variable_with_place(int number) { return "[1," + std::to_string(number) + ",0]"; }

}  // namespace

NodePtr parse_term(const Json& json, const std::set<int>& bound) {
  if (json.is_array()) return parse_call(json, bound);
  if (json.is_object()) return parse_object(json, bound);
  return value_node(datum_of(json));
}

bool is_deterministic(const Node& node, Now now) {
  constexpr std::array changing{term::random, term::db, term::table};
  if (std::ranges::find(changing, node.type) != changing.end()) return false;
  if (node.type == term::now && now == Now::changing) return false;
  if (node.type == term::uuid && node.arguments.empty()) return false;
  const auto is = [now](const NodePtr& each) { return is_deterministic(*each, now); };
  return std::ranges::all_of(node.arguments, is) &&
         std::ranges::all_of(node.options, [&](const auto& each) { return is(each.second); });
}

std::string with_places(const Node& node) {
  std::string text = "[" + std::to_string(node.type) + ",";
  if (node.type == term::datum) {
    append_to_json(text, node.value);
    append_place(text);
    return text;
  }
  if (node.type == term::make_object) {
    append_options(text, node);
    append_place(text);
    return text;
  }
  text += '[';
  if (node.type == term::func) {
    text += "[2,[";
    for (const int each : node.variables) {
      if (text.back() != '[') text += ',';
      text += variable_with_place(each);
    }
    text += "],0],";
  } else if (node.type == term::var) {
    text += variable_with_place(node.variables.front());
  }
  for (const NodePtr& each : node.arguments) {
    if (text.back() != '[' && text.back() != ',') text += ',';
    text += with_places(*each);
  }
  text += ']';
  if (!node.options.empty()) {
    text += ',';
    append_options(text, node);
  }
  append_place(text);
  return text;
}

}  // namespace headwater::rethinkdb::stand_in
