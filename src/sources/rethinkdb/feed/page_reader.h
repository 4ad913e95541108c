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

/// Holds one answer of the server at a time. That has about a megabyte, but also one document of each
/// of the table's hash shards, of which there are eight or more; only a query's limit keeps them small.
class PageReader {
 public:
  /// Documents that a query may ask for, by the largest one of the last page. One at first.
  [[nodiscard]] std::size_t fitting() const;
  /// `session` must outlive it.
  explicit PageReader(Session& session) : session_(&session) {}

  Result<void> begin(const Term& query, std::string primary_key, const std::stop_token& stop);
  /// Whether more has to come.
  [[nodiscard]] bool is_reading() const { return token_.has_value(); }
  /// Fails with retry, `source.answer_too_large`, if fewer documents may fit. The next documents, of which there may be none; nothing: they have not come in time, or a stop was
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
  static constexpr std::size_t budget = std::size_t{8} << 20U;

  Session* session_;
  std::string primary_key_;
  std::optional<Token> token_;
  bool proceed_ = false;  // more has to be asked for first
  std::size_t count_ = 0;
  std::optional<IndexPlace> last_;
  std::size_t largest_ = budget;  // document of the last page
  std::size_t largest_yet_ = 0;   // of this one
};

}  // namespace headwater::rethinkdb
