// From where on stream and change stream are compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/sources/mongodb/audit/audited.h"
#include "src/sources/mongodb/audit/observed_stream.h"
#include "src/sources/mongodb/audit/past_changes.h"

namespace headwater::mongodb {

/// The past is read from `position` on: that proves what the stream has after `sequence`.
struct ProofStart {
  MongoPosition position;
  std::uint64_t sequence = 0;
  std::string id{};  ///< Of the change just before, if that is one of the stream's.
};

/// All must outlive it. One thread; blocks for as long as the server takes.
class StartFinder {
 public:
  StartFinder(const Audited& audited, ObservedStream& observed, PastChanges& past,
              Connection& connection)
      : audited_(&audited), observed_(&observed), past_(&past), connection_(&connection) {}

  using Found = std::optional<ProofStart>;
  /// The earliest place that both sides know: where the snapshot or a gap says that the stream
  /// begins, or the oldest change in it that the server still has, or where the server's history
  /// begins. nullopt: there is none.
  Result<Found> find();
  /// A place before `start`, if the stream has changes after it that are older: its events are not
  /// in order there.
  Result<Found> earlier_than(const ProofStart& start);

 private:
  Result<Found> at_first_row();
  Result<Found> at_break();
  Result<Found> at_oldest_change(std::uint64_t after);
  Result<Found> at_oldest_history();
  /// nullopt if the past cannot be read from there.
  Result<Found> if_readable(ProofStart start);

  const Audited* audited_;
  ObservedStream* observed_;
  PastChanges* past_;
  Connection* connection_;
};

}  // namespace headwater::mongodb
