// Who owns a place in the write-ahead log. After a failover, the same places come again on another
// timeline, with other records.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/sources/postgresql/server/lsn.h"

namespace headwater::postgresql {

using Timeline = std::uint32_t;

class Timelines {
 public:
  /// `history` is the content of the current timeline's history file; empty if it is the first.
  Timelines(Timeline current, std::string_view history);

  [[nodiscard]] Timeline current() const { return current_; }
  /// The timeline of the record that begins at `lsn`.
  [[nodiscard]] Timeline owner(Lsn lsn) const;
  /// The timeline of what ends at `lsn`.
  [[nodiscard]] Timeline owner_of_end(Lsn lsn) const { return owner(lsn == 0 ? 0 : lsn - 1); }
  /// Where the owner of `lsn` was left for the next timeline; nullopt: it is the current one.
  [[nodiscard]] std::optional<Lsn> fork_after(Lsn lsn) const;
  /// Whether what ends at `lsn` on `timeline` is history of the current one, as far as timelines
  /// show.
  [[nodiscard]] bool includes(Timeline timeline, Lsn lsn) const;

 private:
  struct Past {
    Timeline timeline;
    Lsn end;  ///< Where the next one forked off.
  };
  Timeline current_;
  std::vector<Past> past_;  // in their order
};

}  // namespace headwater::postgresql
