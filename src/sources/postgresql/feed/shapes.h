// The tables that changes are of, as the log has described them.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"
#include "src/pgoutput/messages.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/visibility.h"
#include "src/sources/postgresql/values/value_of.h"

namespace headwater::postgresql {

struct Shape {
  std::string schema;
  std::string table;
  Columns columns;
  std::vector<Form> forms;       ///< Of each column.
  std::vector<std::size_t> key;  ///< Which columns are the key, rising; empty: there is no key.
  Columns key_columns;
};

/// One thread.
class Shapes {
 public:
  explicit Shapes(Server& server) : server_(&server) {}

  /// Asks the database about types that somebody has created, and for the primary key if the
  /// message does not tell it. `xid`: the transaction in which the message came, which may have made
  /// them: the database is asked once others see its commit.
  Result<void> learn(const pgoutput::Relation& relation, Xid xid, const std::stop_token& stop);
  /// nullptr: it has not been described.
  [[nodiscard]] const Shape* find(pgoutput::Oid relation) const;
  void forget() { shapes_.clear(); }

 private:
  [[nodiscard]] bool has_unknown_type(const pgoutput::Relation& relation) const;
  Result<void> learn_types(const pgoutput::Relation& relation, const std::stop_token& stop);
  /// Which columns it is. None if there is no primary key.
  Result<std::vector<std::size_t>> primary_key(const pgoutput::Relation& relation,
                                               const std::stop_token& stop);
  [[nodiscard]] Form form(TypeId type) const;

  Server* server_;
  std::unordered_map<pgoutput::Oid, Shape> shapes_;
  std::unordered_map<TypeId, Form> forms_;  // of types that somebody has created
};

}  // namespace headwater::postgresql
