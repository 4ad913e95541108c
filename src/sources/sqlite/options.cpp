#include "src/sources/sqlite/options.h"

#include <array>
#include <utility>

namespace headwater::sqlite {

Result<SourceOptions> read_options(config::Section section) {
  constexpr std::array on_lost{OnLost::stop, OnLost::snapshot, OnLost::skip};
  SourceOptions options;
  options.path = section.path("path");
  options.tables = section.list_or_all("tables");
  options.allow_uncaptured = section.list("allow_uncaptured");
  options.snapshot = section.choice_or("snapshot", {"never", "initial"}, 1) == 1;
  options.on_lost_position =
      on_lost[section.choice_or("on_lost_position", {"stop", "snapshot", "skip"}, 0)];
  options.history = section.duration("history").value_or(options.history);
  options.max_change = section.size("max_change").value_or(options.max_change);
  options.gap_for_large = section.choice_or("on_large_change", {"stop", "gap"}, 0) == 1;
  if (auto read = section.finish(); !read) return failed(read);
  return options;
}

}  // namespace headwater::sqlite
