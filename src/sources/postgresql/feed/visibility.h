// Which transactions a snapshot of the tables shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace headwater::postgresql {

/// The number of a transaction as the log has it: it begins again after four billion.
using Xid = std::uint32_t;

/// What pg_current_snapshot() says: "xmin:xmax:running,running".
class Snapshot {
 public:
  [[nodiscard]] static std::optional<Snapshot> from(std::string_view text);

  /// Whether it shows what this transaction, which has committed, did.
  [[nodiscard]] bool shows(Xid xid) const;

 private:
  std::uint64_t first_running_ = 0;
  std::uint64_t next_ = 0;  // the number of the next transaction
  std::vector<std::uint64_t> running_;
};

/// Transactions that the log has returned. A commit is in the log a little before others see it.
class Returned {
 public:
  /// Only while somebody asks, because it grows.
  void keep(bool wanted);
  void add(Xid xid);
  /// Whether the snapshot shows all of them; forgets those that it shows.
  [[nodiscard]] bool all_in(const Snapshot& snapshot);
  [[nodiscard]] std::size_t size() const { return xids_.size(); }

 private:
  bool wanted_ = false;
  std::deque<Xid> xids_;
};

}  // namespace headwater::postgresql
