// Counts what a reader of the stream has seen, only from the lines of `headwater tail`.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"

namespace headwater::demo {

/// One thread.
class Reader {
 public:
  /// Takes a line that arrived at `now`.
  void take(std::string_view line, WallTime now);

  [[nodiscard]] std::uint64_t rows_read() const { return rows_read_; }
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::uint64_t distinct() const { return seen_.size(); }
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  [[nodiscard]] std::uint64_t out_of_order() const { return out_of_order_; }
  /// Lines that are not events of the shop.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
  /// The database's number of the latest change seen.
  [[nodiscard]] std::uint64_t latest() const { return latest_; }
  [[nodiscard]] bool has(std::uint64_t change) const { return seen_.contains(change); }
  [[nodiscard]] const std::deque<std::string>& recent() const { return recent_; }

  /// The time from a change's commit to its line here: the median since the last call.
  std::optional<Milliseconds> take_lag();

 private:
  std::set<std::uint64_t> seen_;
  std::set<std::string, std::less<>> rows_seen_;
  std::uint64_t rows_read_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t unreadable_ = 0;
  std::uint64_t latest_ = 0;
  std::deque<std::string> recent_;
  std::vector<Milliseconds> lags_;
};

}  // namespace headwater::demo
