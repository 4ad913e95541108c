// Which of two keys comes first, in the database's own order.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/pg_log.h"
#include "src/sources/postgresql/feed/published_table.h"
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::postgresql {

/// Whole numbers are compared here. About all others the server is asked, which alone knows its
/// collations: about all keys at once that the log has at hand.
class KeyOrder {
 public:
  /// `log`, if there is one, must outlive it.
  explicit KeyOrder(const PgLog* log) : log_(log) {}

  /// Whether the row of `change`, which is one of `table`, comes after the key `after`. Unknown for a
  /// table without a key, and if its key is another one by now.
  Result<sources::Ahead> ahead(Server& server, const PublishedTable& table,
                               const sources::LogChange& change, const std::string& after,
                               const std::stop_token& stop);

 private:
  using Keys = std::vector<std::string>;
  Result<void> ask(Server& server, const PublishedTable& table, const std::string& after,
                   const Keys& keys, const std::stop_token& stop);
  [[nodiscard]] Keys next_keys(const PublishedTable& table) const;

  const PgLog* log_;
  std::string known_of_;  // a table and its order
  /// What the server has said, by both keys.
  std::unordered_map<std::string, sources::Ahead> known_;
};

}  // namespace headwater::postgresql
