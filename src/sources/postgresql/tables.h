// The tables that the configuration names.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/server.h"

namespace headwater::postgresql {

struct Table {
  std::string schema;      ///< Quoted.
  std::string name;        ///< Quoted: "public"."orders".
  std::string words;       ///< public.orders
  bool published = false;  ///< In the publication.
  /// The table or partition whose UPDATEs and DELETEs fail once it is published; empty: none.
  std::string no_identity;
  std::string identity_statement;  ///< Mends that.
  std::string generated;           ///< Columns that are not in the log: "a, b".
  // What the relay's user may do.
  bool owned = false;           ///< It may publish it.
  bool in_open_schema = false;  ///< It may use its schema.
  /// What a snapshot reads and it may not: the table, or partitions of it; empty: none.
  std::string unreadable;
  bool veiled = false;  ///< A policy may hide rows of it from a snapshot.
};

/// Those of the options in the order of their names; for somebody else's publication, those in it.
/// Fails with `source.no_such_table` for a name without a table.
Result<std::vector<Table>> configured_tables(Server& server);

}  // namespace headwater::postgresql
