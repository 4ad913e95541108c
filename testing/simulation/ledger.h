// What a reader of the simulated stream knows, and whether that is what it should.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/simulation/database.h"

namespace headwater::simulation {

class Ledger {
 public:
  explicit Ledger(const Database& database) : database_(&database), rows_(database.rows() + 1) {}

  /// Takes the next event. `before`: where the source was before it; nullopt: at the empty place.
  /// Gives what is wrong with it; empty: nothing.
  std::string take(std::string_view id, const std::optional<Place>& before);

  /// Whether it has heard of this change or row.
  [[nodiscard]] bool knows(std::string_view id) const;

  /// Gives what should be in the stream at this place and is not, or the other way round.
  [[nodiscard]] std::string differs_at(const Place& place) const;

 private:
  struct Row {
    bool heard = false;
    bool unsure = false;       ///< Since a gap; until it is heard of again.
    std::uint64_t change = 0;  ///< As which it is known.
  };

  std::string take_change(std::uint64_t number);
  std::string take_row(std::uint64_t row, std::uint64_t as_of);

  const Database* database_;
  std::vector<Row> rows_;
  std::uint64_t gap_ = 0;  ///< The newest change when changes were left out.
};

}  // namespace headwater::simulation
