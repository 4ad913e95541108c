// One relay's connection to the simulated database.
#pragma once

#include <cstdint>
#include <optional>

#include "src/ports/source.h"
#include "testing/simulation/database.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

/// A source with snapshots returns the existing rows first, while changes continue. If it reads
/// rows again, they come in another order, or as of another time and then with another id.
class Feed {
 public:
  Feed(World& world, const Database& database, Broken broken)
      : world_(&world), database_(&database), broken_(broken) {}

  Result<void> open(const Position& after);
  /// Never blocks.
  Result<ChangeBatch> read(const ReadLimits& limits);
  /// Whether read() would return anything.
  [[nodiscard]] bool ready() const { return gap_ || !database_->complete(at_, database_->head()); }

 private:
  [[nodiscard]] Place beginning() const;
  /// Moves one step forward. Returns a change if the step has one. Must not be at the end.
  std::optional<Change> step();
  std::optional<Change> next_change();
  std::optional<Change> next_row();
  [[nodiscard]] Change row_read(std::uint64_t row) const;
  [[nodiscard]] Change gap() const;

  World* world_;
  const Database* database_;
  Broken broken_;
  bool opened_before_ = false;
  bool gap_ = false;  ///< The next change is a gap.
  Place at_;
  std::uint64_t head_at_open_ = 0;
};

}  // namespace headwater::simulation
