// Reads documents of one query as the server sends them, some at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sources/rethinkdb/journal/document.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// Holds one answer of the server at a time, which sends about a megabyte, or one document.
class PageReader {
 public:
  /// `session` must outlive it.
  explicit PageReader(Session& session) : session_(&session) {}

  Result<void> begin(const Term& query, std::string primary_key, const std::stop_token& stop);
  /// Whether more has to come.
  [[nodiscard]] bool is_reading() const { return token_.has_value(); }
  /// The next documents, of which there may be none; nothing: they have not come in time, or a stop was
  /// requested. Only while is_reading().
  Result<std::optional<std::vector<JournaledDocument>>> next(Milliseconds longest,
                                                             const std::stop_token& stop);
  /// Documents since begin().
  [[nodiscard]] std::size_t count() const { return count_; }
  /// The last of them; nothing if there was none.
  [[nodiscard]] const std::optional<IndexPlace>& last() const { return last_; }
  /// The connection is gone.
  void drop() { token_.reset(); }

 private:
  Session* session_;
  std::string primary_key_;
  std::optional<Token> token_;
  bool proceed_ = false;  // more has to be asked for first
  std::size_t count_ = 0;
  std::optional<IndexPlace> last_;
};

}  // namespace headwater::rethinkdb
