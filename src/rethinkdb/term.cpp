#include "src/rethinkdb/term.h"

#include <cstddef>

#include "src/event/json_scan.h"
#include "src/event/json_text.h"
#include "src/rethinkdb/query.h"

namespace headwater::rethinkdb {
namespace {

std::string number_of(TermType type) { return std::to_string(static_cast<int>(type)); }

void append_arguments(std::string& to, const std::vector<Term>& arguments) {
  to += '[';
  for (const Term& each : arguments) {
    if (to.back() != '[') to += ',';
    to += each.json();
  }
  to += ']';
}

void append_options(std::string& to, const Options& options) {
  to += '{';
  for (const Option& each : options) {
    if (to.back() != '{') to += ',';
    append_json_name(to, each.name);
    to += ':';
    to += each.json;
  }
  to += '}';
}

}  // namespace

Option::Option(std::string_view named, const Term& value) : name(named), json(value.json()) {}

Term Term::as_written(std::string json) {
  Term term;
  term.json_ = std::move(json);
  return term;
}

Term::Term(std::string_view text) { append_json_name(json_, text); }

/// In a query, an array is a term, so one that is a value is a call of MAKE_ARRAY.
Term Term::value(std::string_view json) {
  std::string rewritten;
  rewritten.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t special = json.find_first_of("\"[]", at);
    rewritten += json.substr(at, special - at);
    if (special == std::string_view::npos) break;
    at = special + 1;
    if (json[special] == '[') {
      rewritten += "[" + number_of(TermType::make_array) + ",[";
    } else if (json[special] == ']') {
      rewritten += "]]";
    } else {
      at = end_of_json_string(json, special);
      rewritten += json.substr(special, at - special);
    }
  }
  return as_written(std::move(rewritten));
}

Term Term::array(const std::vector<Term>& elements) { return call(TermType::make_array, elements); }

Term Term::object(const Options& members) {
  std::string json;
  append_options(json, members);
  return as_written(std::move(json));
}

Term Term::call(TermType type, const std::vector<Term>& arguments, const Options& options) {
  std::string json = "[" + number_of(type) + ",";
  append_arguments(json, arguments);
  if (!options.empty()) {
    json += ',';
    append_options(json, options);
  }
  return as_written(std::move(json += ']'));
}

Term Term::then(TermType type, const std::vector<Term>& more, const Options& options) const {
  std::vector<Term> arguments{*this};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return call(type, arguments, options);
}

Term table(std::string_view db, std::string_view name, const Options& options) {
  return Term::call(TermType::db, {db}).then(TermType::table, {name}, options);
}

Term func(const std::vector<int>& variables, const Term& body) {
  return Term::call(TermType::func, {Term::array({variables.begin(), variables.end()}), body});
}

Term var(int number) { return Term::call(TermType::var, {number}); }

Term branch(const Term& condition, const Term& if_true, const Term& if_false) {
  return Term::call(TermType::branch, {condition, if_true, if_false});
}

std::string query::start(const Term& term, const Options& options) {
  std::string json = "[1,";
  json += term.json();
  json += ',';
  append_options(json, options);
  return json += ']';
}

}  // namespace headwater::rethinkdb
