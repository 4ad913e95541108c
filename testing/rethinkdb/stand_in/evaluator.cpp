#include "testing/rethinkdb/stand_in/evaluator.h"

#include <array>
#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

const Value& variable(const Scope* scope, int number) {
  while (scope != nullptr && scope->variable != number) scope = scope->outer.get();
  if (scope == nullptr) fail("Variable name not found.", ErrorType::internal);
  return scope->value;
}

std::string with_value(const Value& value) {
  const auto* const datum = std::get_if<Datum>(&value);
  return datum == nullptr ? type_name(value) : "DATUM:\n" + printed(*datum);
}

}  // namespace

std::string type_name(const Value& value) {
  if (const auto* const datum = std::get_if<Datum>(&value)) return datum->type_name();
  if (const auto* const slice = std::get_if<Slice>(&value)) {
    return slice->whole ? "TABLE" : "TABLE_SLICE";
  }
  if (const auto* const sequence = std::get_if<Sequence>(&value)) {
    return sequence->table ? "SELECTION<STREAM>" : "STREAM";
  }
  constexpr std::array names{"", "DB", "", "", "SELECTION<OBJECT>", "FUNCTION", "STREAM", "ORDER"};
  return names.at(value.index());
}

Value Evaluator::evaluate(const NodePtr& node, const ScopePtr& scope) {
  switch (node->type) {
    case term::datum:
      return node->value;
    case term::var:
      return variable(scope.get(), node->variables.front());
    case term::func:
      return Function{.node = node, .scope = scope};
    case term::make_object: {
      Datum::Object members;
      for (const auto& [name, each] : node->options) {
        members.emplace(name, as_datum(evaluate(each, scope)));
      }
      return Datum(std::move(members));
    }
    default:
      break;
  }
  return kind_of(node->type).evaluate(Call(*this, node, scope));
}

std::optional<Datum> Evaluator::option(const std::string& name) {
  const auto found = options_.find(name);
  if (found == options_.end()) return std::nullopt;
  return as_datum(evaluate(found->second, nullptr));
}

Value Evaluator::apply(const Function& function, const std::vector<Value>& arguments) {
  const auto& variables = function.node->variables;
  if (variables.size() != arguments.size()) {
    const auto counted = [](std::size_t number) {
      return std::to_string(number) + " argument" + (number == 1 ? "" : "s");
    };
    fail("Expected function with " + counted(arguments.size()) + " but found function with " +
         counted(variables.size()) + ".");
  }
  ScopePtr scope = function.scope;
  for (std::size_t at = 0; at < variables.size(); ++at) {
    scope = std::make_shared<const Scope>(
        Scope{.variable = variables[at], .value = arguments[at], .outer = scope});
  }
  return evaluate(function.node->arguments.front(), scope);
}

Datum Evaluator::apply_datum(const Function& function, const std::vector<Value>& arguments) {
  return as_datum(apply(function, arguments));
}

Datum Evaluator::as_datum(const Value& value) {
  if (const auto* const datum = std::get_if<Datum>(&value)) return *datum;
  if (const auto* const row = std::get_if<Row>(&value)) {
    begin_read(*this, *row->table, row->read_mode);
    return row->table->find(row->key);
  }
  if (std::holds_alternative<Slice>(value) || std::holds_alternative<Sequence>(value)) {
    return collect(elements_of(value));
  }
  fail("Expected type DATUM but found " + type_name(value) + ".");
}

Pull Evaluator::elements_of(const Value& value) {
  if (const auto* const sequence = std::get_if<Sequence>(&value)) return sequence->next;
  if (const auto* const slice = std::get_if<Slice>(&value)) {
    begin_read(*this, *slice->table, slice->read_mode);
    return read_slice(*slice);
  }
  if (std::holds_alternative<FeedPlan>(value)) {
    fail(
        "Cannot call a terminal (`reduce`, `count`, etc.) on an infinite stream (such as a "
        "changefeed).");
  }
  const Datum datum = as_datum(value);
  if (datum.is(Datum::Kind::object)) {
    // Its members, as pairs.
    Datum::Array pairs;
    for (const auto& [name, member] : datum.members()) {
      pairs.emplace_back(Datum::Array{name, member});
    }
    return elements_of(Datum(std::move(pairs)));
  }
  if (!datum.is(Datum::Kind::array)) fail("Cannot convert " + datum.type_name() + " to SEQUENCE");
  return [datum, at = std::size_t{0}]() mutable -> std::optional<Datum> {
    if (at == datum.elements().size()) return std::nullopt;
    return datum.elements()[at++];
  };
}

Datum Evaluator::collect(const Pull& next) {
  Datum::Array elements;
  while (auto each = next()) {
    elements.push_back(*std::move(each));
    if (elements.size() > largest_array) {
      fail("Array over size limit `" + std::to_string(largest_array) + "`.",
           ErrorType::resource_limit);
    }
  }
  return elements;
}

void Evaluator::need(Right right, const Table& table) const {
  const Area area{.db = table.config().db, .table = table.config().id};
  if (store_.users().may(user_, right, area)) return;
  fail("User `" + user_ + "` does not have the required `" + name_of(right) + "` permission.",
       ErrorType::permission);
}

Value Call::value(std::size_t index) const {
  return evaluator_.evaluate(node_->arguments.at(index), scope_);
}
Datum Call::datum(std::size_t index) const { return evaluator_.as_datum(value(index)); }

std::string Call::text(std::size_t index) const {
  return need_kind(datum(index), Datum::Kind::text).text();
}
double Call::number(std::size_t index) const {
  return need_kind(datum(index), Datum::Kind::number).number();
}

bool Call::is_function(std::size_t index) const {
  return std::holds_alternative<Function>(value(index));
}

Function Call::function(std::size_t index) const {
  const Value found = value(index);
  if (const auto* const function = std::get_if<Function>(&found)) return *function;
  fail("Expected type FUNCTION but found " + with_value(found));
}

Slice Call::slice(std::size_t index) const {
  Value found = value(index);
  if (auto* const slice = std::get_if<Slice>(&found)) return std::move(*slice);
  fail("Expected type TABLE_SLICE but found " + with_value(found));
}

Database Call::database(std::size_t index) const {
  Value found = value(index);
  if (auto* const database = std::get_if<Database>(&found)) return std::move(*database);
  fail("Expected type DB but found " + with_value(found));
}

std::optional<Datum> Call::option(const std::string& name) const {
  const auto found = node_->options.find(name);
  if (found == node_->options.end()) return evaluator_.option(name);
  return evaluator_.as_datum(evaluator_.evaluate(found->second, scope_));
}

bool Call::flag(const std::string& name) const {
  const auto found = option(name);
  return found && found->holds();
}

std::optional<Value> Call::option_value(const std::string& name) const {
  const auto found = node_->options.find(name);
  if (found == node_->options.end()) return std::nullopt;
  return evaluator_.evaluate(found->second, scope_);
}

Datum need_kind(const Datum& datum, Datum::Kind kind) {
  if (datum.is(kind)) return datum;
  const std::string expected = kind == Datum::Kind::text     ? "STRING"
                               : kind == Datum::Kind::number ? "NUMBER"
                               : kind == Datum::Kind::array  ? "ARRAY"
                               : kind == Datum::Kind::object ? "OBJECT"
                                                             : "PTYPE<TIME>";
  fail("Expected type " + expected + " but found " + datum.type_name() + ".",
       datum.is_null() ? ErrorType::non_existence : ErrorType::query_logic);
}

}  // namespace headwater::rethinkdb::stand_in
