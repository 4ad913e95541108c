// Finds the latest operation on a row within a batch.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace headwater::materialize {

/// A hash table that keeps its memory when it is cleared. Rows are told apart by 128 bits of hash,
/// as the formats do with long keys. One thread.
class RowIndex {
 public:
  /// Remembers `position` for the row, and returns the former one.
  std::optional<std::size_t> exchange(std::string_view row, std::size_t position) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    const XXH128_hash_t hash = XXH3_128bits(row.data(), row.size());
    Slot& slot = find(hash.low64, hash.high64);
    if (slot.round == round_) {
      const std::size_t former = slot.position;
      slot.position = position;
      return former;
    }
    slot = {.low = hash.low64, .high = hash.high64, .position = position, .round = round_};
    ++used_;
    return std::nullopt;
  }

  /// Forgets all rows.
  void clear() {
    ++round_;
    used_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::size_t position = 0;
    std::uint64_t round = 0;  ///< The slot is empty unless this is the present one.
  };

  Slot& find(std::uint64_t low, std::uint64_t high) {
    std::size_t at = low & (slots_.size() - 1);
    while (slots_[at].round == round_ && (slots_[at].low != low || slots_[at].high != high)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> former(slots_.empty() ? 1'024 : 2 * slots_.size());
    former.swap(slots_);
    for (const Slot& slot : former) {
      if (slot.round == round_) find(slot.low, slot.high) = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them used
  std::size_t used_ = 0;
  std::uint64_t round_ = 1;
};

}  // namespace headwater::materialize
