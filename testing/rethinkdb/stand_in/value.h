// What a term evaluates to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/node.h"

namespace headwater::rethinkdb::stand_in {

class Table;
struct Scope;
using ScopePtr = std::shared_ptr<const Scope>;

/// The next element; nothing after the last.
using Pull = std::function<std::optional<Datum>()>;

struct Database {
  std::string name;
};

/// A part of a table by an index, or all of it. Nothing is read yet.
struct Slice {
  enum class Order { none, ascending, descending };

  std::shared_ptr<Table> table;
  std::string read_mode = "single";
  bool whole = true;    // nobody has called between() or order_by()
  std::string index{};  // empty: the primary key
  Datum from = Datum::bound(Datum::Kind::minval);
  Datum to = Datum::bound(Datum::Kind::maxval);
  bool from_open = false;
  bool to_open = true;
  Order order = Order::none;
};

using Change = std::function<Datum(const Datum&)>;
/// Nothing: it is left out.
using Step = std::function<std::optional<Datum>(const Datum&)>;

/// What changes() of a sequence watches: what is made of the documents of a part of a table.
struct Watched {
  Slice slice;
  Change made;
};

/// Elements that are read when they are needed. `table`: where they are from, if they are documents
/// of it as they are, and so may be written.
struct Sequence {
  Pull next;
  std::shared_ptr<Table> table{};
  std::shared_ptr<const Watched> watched{};  // null: its changes cannot be watched
};

/// One document of a table, or none.
struct Row {
  std::shared_ptr<Table> table;
  Datum key;
  std::string read_mode = "single";
};

struct Function {
  NodePtr node;  // a term::func
  ScopePtr scope;
};

/// Documents whose changes are watched.
struct FeedPlan {
  Slice slice;
  Change made{};               // of each document; a change that it does not show is none
  std::vector<Step> steps{};   // what is made of each entry, in turn
  std::optional<Datum> key{};  // only of this document
  bool initial = false;
  bool states = false;
  bool types = false;
  std::size_t queue = 100'000;
};

/// asc() or desc() of something that order_by() takes.
struct Direction;

using Value = std::variant<Datum, Database, Slice, Sequence, Row, Function, FeedPlan,
                           std::shared_ptr<const Direction>>;

struct Direction {
  bool descending = false;
  Value by;
};

/// A variable and what it stands for.
struct Scope {
  int variable = 0;
  Value value;
  ScopePtr outer;
};

[[nodiscard]] std::string type_name(const Value& value);

}  // namespace headwater::rethinkdb::stand_in
