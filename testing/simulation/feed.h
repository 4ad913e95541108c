// One relay's connection to the simulated database.
#pragma once

#include <cstdint>
#include <optional>

#include "src/ports/source.h"
#include "testing/simulation/database.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

/// Rows that were there before come first, if the source is such a one; meanwhile changes go on.
/// Read again, rows come in another order, or as they are at another time under another id.
class Feed {
 public:
  Feed(World& world, const Database& database, Broken broken)
      : world_(&world), database_(&database), broken_(broken) {}

  Result<void> open(const Position& after);
  /// Does not wait: gives what is there.
  Result<ChangeBatch> read(const ReadLimits& limits);
  /// A read would give something.
  [[nodiscard]] bool ready() const { return gap_ || !database_->complete(at_, database_->head()); }

 private:
  [[nodiscard]] Place beginning() const;
  /// One step on; a change, if that gave one. Not at the end.
  std::optional<Change> step();
  std::optional<Change> next_change();
  std::optional<Change> next_row();
  [[nodiscard]] Change row_read(std::uint64_t row) const;
  [[nodiscard]] Change gap() const;

  World* world_;
  const Database* database_;
  Broken broken_;
  bool opened_before_ = false;
  bool gap_ = false;  ///< The next is one.
  Place at_;
  std::uint64_t head_at_open_ = 0;
};

}  // namespace headwater::simulation
