// A table as the publication publishes it, and how its rows are read in order.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/shapes.h"
#include "src/sources/shared/place.h"

namespace headwater::postgresql {

/// Rows are read in the order of its key, or, without one,
/// of their places in the file.
struct PublishedTable {
  Shape shape;
  std::vector<std::string> types;       ///< Of each column, in SQL.
  std::vector<std::string> collations;  ///< Of each column: " COLLATE …", or empty.
  std::vector<std::size_t> order;  ///< The key's columns in the order of its index; empty: none.
  std::string order_mark;          ///< Another order of the rows has another one.
  std::string name;                ///< Quoted, for FROM.
  std::string filter;              ///< The publication's; empty: none.
  bool has_key = false;            ///< No two rows are equal.
};

/// Columns and key as they are now; nullopt: there is no such table in the publication. Blocks for one
/// round trip.
Result<std::optional<PublishedTable>> describe(Server& server, const sources::TableName& name,
                                               const std::stop_token& stop);

/// The rows after the key `after` (empty: all) that `filter` selects (empty: all), in order. The
/// last column is the row's place if that is the key.
[[nodiscard]] std::string query_for(const PublishedTable& table, const std::string& after,
                                    const std::string& filter);

/// Where a reader is that has read the row of `key`: says in which order, too. After a change of the
/// key, of its types, or, without a key, of the file, a place means nothing any more.
[[nodiscard]] std::string place_of(const PublishedTable& table, std::string_view key);
/// The key of such a place; nullopt: the table has another order now.
[[nodiscard]] std::optional<std::string> key_at(const PublishedTable& table,
                                                std::string_view place);

/// A key as a row in SQL, with the types and collations of its columns.
[[nodiscard]] std::string row_of_key(const PublishedTable& table, const std::string& key);

/// A key is the texts of its values, percent-encoded and joined by '/', in the order of the index.
void append_key_part(std::string& key, bool first, std::string_view text);
/// The texts again.
[[nodiscard]] std::vector<std::string> key_parts(std::string_view key);

}  // namespace headwater::postgresql
