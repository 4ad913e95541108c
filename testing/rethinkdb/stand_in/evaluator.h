// Evaluates one query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/node.h"
#include "testing/rethinkdb/stand_in/store.h"
#include "testing/rethinkdb/stand_in/value.h"

namespace headwater::rethinkdb::stand_in {

/// The largest array that the server makes.
inline constexpr std::size_t largest_array = 100'000;

/// Lives as long as the query's sequences are read. Only with the store's lock. All of it throws
/// QueryError.
class Evaluator : public std::enable_shared_from_this<Evaluator> {
 public:
  Evaluator(Store& store, std::string user) : store_(store), user_(std::move(user)) {}

  /// As deep as the query's JSON is nested, which is bounded.
  Value evaluate(const NodePtr& node, const ScopePtr& scope);
  /// The options of the whole query: durability, read_mode.
  void set_options(std::map<std::string, NodePtr> options) { options_ = std::move(options); }
  [[nodiscard]] std::optional<Datum> option(const std::string& name);

  Value apply(const Function& function, const std::vector<Value>& arguments);
  Datum apply_datum(const Function& function, const std::vector<Value>& arguments);

  /// What the value holds, read if it is in a table. Throws if it is not data.
  Datum as_datum(const Value& value);
  /// Its elements one by one.
  Pull elements_of(const Value& value);
  Datum collect(const Pull& next);

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  /// Throws unless the user may.
  void need(Right right, const Table& table) const;
  /// Writes so far in this query.
  [[nodiscard]] std::size_t writes() const { return writes_; }
  void count_write() { ++writes_; }

 private:
  Store& store_;
  std::string user_;
  std::map<std::string, NodePtr> options_{};
  std::size_t writes_ = 0;
};

/// One term with its arguments, which are evaluated when they are asked for.
class Call {
 public:
  Call(Evaluator& evaluator, const NodePtr& node, const ScopePtr& scope)
      : evaluator_(evaluator), node_(node), scope_(scope) {}

  [[nodiscard]] Evaluator& in() const { return evaluator_; }
  [[nodiscard]] Store& store() const { return evaluator_.store(); }
  [[nodiscard]] const NodePtr& node() const { return node_; }
  [[nodiscard]] const ScopePtr& scope() const { return scope_; }
  [[nodiscard]] int type() const { return node_->type; }
  [[nodiscard]] std::size_t size() const { return node_->arguments.size(); }

  [[nodiscard]] Value value(std::size_t index) const;
  [[nodiscard]] Datum datum(std::size_t index) const;
  [[nodiscard]] std::string text(std::size_t index) const;
  [[nodiscard]] double number(std::size_t index) const;
  /// The argument is a function, or a value that stands for one that always returns it.
  [[nodiscard]] Function function(std::size_t index) const;
  [[nodiscard]] bool is_function(std::size_t index) const;
  [[nodiscard]] Slice slice(std::size_t index) const;
  [[nodiscard]] Database database(std::size_t index) const;

  /// Of the term, else of the query.
  [[nodiscard]] std::optional<Datum> option(const std::string& name) const;
  [[nodiscard]] bool flag(const std::string& name) const;
  [[nodiscard]] std::optional<Value> option_value(const std::string& name) const;

 private:
  Evaluator& evaluator_;
  const NodePtr& node_;
  const ScopePtr& scope_;
};

[[nodiscard]] Datum need_kind(const Datum& datum, Datum::Kind kind);

}  // namespace headwater::rethinkdb::stand_in
