// What a reader of the simulated stream knows about each row, and whether that is correct.
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

  /// Applies the next event. `before` is the place of the event before it; nullopt if there is
  /// none. Returns the violation; empty if there is none.
  std::string apply(std::string_view id, const std::optional<Place>& before);

  /// Whether the stream has this row, or this change or a later one of its row.
  [[nodiscard]] bool has(std::string_view id) const;

  /// Compares all rows with the database at `place`. Returns the first difference; empty if there
  /// is none.
  [[nodiscard]] std::string difference_at(const Place& place) const;

 private:
  struct Row {
    bool known = false;        ///< There was an event of the row.
    bool uncertain = false;    ///< There was a gap, and no event of the row since.
    std::uint64_t change = 0;  ///< The row is known as of this change.
  };

  std::string apply_change(std::uint64_t number);
  std::string apply_row(std::uint64_t row, std::uint64_t as_of);

  const Database* database_;
  std::vector<Row> rows_;
  std::uint64_t gap_ = 0;  ///< The last change that the newest gap leaves out.
};

}  // namespace headwater::simulation
