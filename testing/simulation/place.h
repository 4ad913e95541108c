// A place at which the simulated source can resume.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/number_in.h"
#include "src/event/position.h"

namespace headwater::simulation {

/// Rows have the keys 1, 2, …, changes the numbers 1, 2, … .
struct Place {
  std::uint64_t began = 0;   ///< The newest change at the start of the snapshot.
  std::uint64_t change = 0;  ///< All changes up to this one were returned.
  std::uint64_t row = 0;     ///< All rows up to this one were read.
  bool ahead = false;        ///< The row of the next change was read, too.

  [[nodiscard]] Position position() const {
    return {std::to_string(began) + " " + std::to_string(change) + " " + std::to_string(row) +
            (ahead ? " ahead" : "")};
  }
  static Place of(const Position& position) {
    Place place;
    std::string_view rest = position.token;
    for (std::uint64_t* each : {&place.began, &place.change, &place.row}) {
      *each = take_number(rest).value_or(0);
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
    }
    place.ahead = !rest.empty();
    return place;
  }
};

}  // namespace headwater::simulation
