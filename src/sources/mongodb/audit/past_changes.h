// The change stream, read again from a place in the past.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/source.h"
#include "src/sources/mongodb/audit/audited.h"

namespace headwater::mongodb {

/// One thread; blocks for as long as the server takes.
class PastChanges {
 public:
  /// `audited` must outlive it.
  static Result<PastChanges> connect(const Audited& audited);

  /// Opens the change stream there.
  Result<void> open(const MongoPosition& position);
  /// The same. Returns false if the server's history does not go back so far, or does not know the
  /// place.
  Result<bool> try_open(const MongoPosition& position);
  /// Whether the server's history was too short for a place.
  [[nodiscard]] bool history_lost() const { return history_lost_; }
  /// The place just after the change with this id. nullopt: try_open() is false, or it is not there.
  Result<std::optional<MongoPosition>> just_after(const std::string& id);

  using Visit = std::function<Result<void>(const Change&)>;
  /// Visits the changes up to `time`, or to the end of what there was at open().
  Result<void> read(ClusterTime time, const std::stop_token& stop, const Visit& visit);

 private:
  PastChanges(const Audited& audited, std::unique_ptr<Source> source)
      : audited_(&audited), source_(std::move(source)) {}

  const Audited* audited_;
  std::unique_ptr<Source> source_;
  bool history_lost_ = false;
};

}  // namespace headwater::mongodb
