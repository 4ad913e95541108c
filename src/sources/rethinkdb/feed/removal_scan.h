// Finds documents that were deleted without a mark: their keys are noted, and they are not there.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/rethinkdb/journal/document.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// One thread. Calls block for a query or two.
class RemovalScan {
 public:
  /// `session` must outlive it.
  explicit RemovalScan(Session& session) : session_(&session) {}

  /// Notes the documents' keys, before anything about them is published.
  Result<void> note(const TableNames& table, const std::vector<JournaledDocument>& documents,
                    const std::stop_token& stop);

  /// Begins again with the first key.
  void begin() { after_.reset(); }
  /// Looks at more keys. Returns those whose documents are gone durably, each with the number of its
  /// deletion, which follows the last number that was noted; nothing: all keys were looked at, and the
  /// next call begins again.
  Result<std::optional<std::vector<Taken>>> next(const TableNames& table,
                                                 const std::stop_token& stop);

 private:
  Session* session_;
  std::optional<std::string> after_;
};

}  // namespace headwater::rethinkdb
