// What the ids prove: the change stream is read again and compared with the events.
#pragma once

#include <optional>
#include <stop_token>

#include "src/base/error.h"
#include "src/ports/audit.h"
#include "src/sources/mongodb/audit/audited.h"
#include "src/sources/mongodb/audit/observed_stream.h"
#include "src/sources/mongodb/audit/past_changes.h"
#include "src/sources/mongodb/audit/pending_changes.h"
#include "src/sources/mongodb/audit/proof_start.h"

namespace headwater::mongodb {

/// Ids are not gapless numbers, so the change stream is read again from as early as the server's
/// history and the stream allow. Each change up to the point must be in the stream or pending, in
/// the server's order, and the stream must have no other. One thread.
class Proof {
 public:
  /// All must outlive it.
  Proof(const Audited& audited, ObservedStream& observed, PendingChanges& pending)
      : audited_(&audited), observed_(&observed), pending_(&pending) {}

  /// Adds to `found`. `point`: up to where everything is in the stream or pending.
  Result<void> run(Connection& connection, ClusterTime point, const std::stop_token& stop,
                   IdFindings& found);

 private:
  /// The changes that are not in the stream: lost, or unproven if perhaps rightly so.
  Result<IdFindings> read_past(PastChanges& past, const ProofStart& start, ClusterTime point,
                               const std::stop_token& stop);
  Result<void> compare(const Change& change, ClusterTime point, IdFindings& missing);
  Result<bool> is_due(const Change& change, ClusterTime point) const;
  [[nodiscard]] bool depends_on_image(const Change& change) const;
  [[nodiscard]] bool exact() const;
  Result<void> conclude(const std::optional<ProofStart>& start, const IdFindings& missing,
                        IdFindings& found);

  const Audited* audited_;
  ObservedStream* observed_;
  PendingChanges* pending_;
};

}  // namespace headwater::mongodb
