// The messages of pgoutput, protocol version 1. Texts and values point into the bytes that were
// decoded.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace headwater::pgoutput {

/// A place in the write-ahead log.
using Lsn = std::uint64_t;
/// Identifies a table or a type within its database.
using Oid = std::uint32_t;

struct Begin {
  Lsn commit = 0;         ///< Of the commit record.
  std::int64_t time = 0;  ///< Of the commit: microseconds since 2000-01-01 UTC.
  std::uint32_t xid = 0;
};

struct Commit {
  Lsn commit = 0;  ///< The same as in Begin.
  Lsn end = 0;     ///< Just after the commit record.
  std::int64_t time = 0;
};

/// The transaction was replicated from another server.
struct ReplicationOrigin {
  Lsn commit = 0;
  std::string_view name;
};

/// Which columns of the old row an UPDATE or DELETE reports.
enum class Identity : char {
  primary_key = 'd',
  nothing = 'n',
  full = 'f',
  index = 'i',
};

struct Column {
  bool in_identity = false;
  std::string_view name;
  Oid type = 0;
  std::int32_t modifier = -1;
};

/// Comes before the first change of a table, and again after the table has changed.
struct Relation {
  Oid id = 0;
  std::string_view schema;
  std::string_view name;
  Identity identity = Identity::primary_key;
  std::vector<Column> columns;
};

/// Names a type that is not built in.
struct Type {
  Oid id = 0;
  std::string_view schema;
  std::string_view name;
};

struct Field {
  enum class Kind {
    null,
    unchanged,  ///< A large value that the update did not touch.
    text,
    binary,
  };
  Kind kind = Kind::null;
  std::string_view bytes;
};

/// One field for each column of the relation, in its order.
using Tuple = std::vector<Field>;

/// What an UPDATE or DELETE says of the row before it.
enum class Old {
  nothing,  ///< Only an UPDATE that did not touch the identity.
  key,      ///< The columns of the identity; the others are null.
  row,      ///< All columns.
};

struct Insert {
  Oid relation = 0;
  Tuple row;
};

struct Update {
  Oid relation = 0;
  Old what_is_old = Old::nothing;
  Tuple old;
  Tuple row;
};

struct Delete {
  Oid relation = 0;
  Old what_is_old = Old::key;
  Tuple old;
};

struct Truncate {
  bool cascade = false;
  bool restart_identity = false;
  std::vector<Oid> relations;
};

/// Written with pg_logical_emit_message().
struct LogMessage {
  bool transactional = false;
  Lsn lsn = 0;
  std::string_view prefix;
  std::string_view content;
};

using Message = std::variant<Begin, Commit, ReplicationOrigin, Relation, Type, Insert, Update,
                             Delete, Truncate, LogMessage>;

}  // namespace headwater::pgoutput
