// Forgetting in small pieces.
#pragma once

#include <headwater/event.h>
#include <headwater/result.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace headwater::client::inbox {

/// At most so many ids are forgotten at once.
inline constexpr int piece = 400;
/// So many are looked at.
inline constexpr int part = 1'000;

/// Forgets about as many as the batch has claimed and one piece more, so that an inbox does not
/// grow however large the batches are. The batch is committed: what may pass is left to the next.
template <class Inbox>
[[nodiscard]] Result<void> forget_after(Inbox& inbox, std::uint64_t acknowledged,
                                        std::size_t claimed) {
  for (std::size_t left = claimed / piece + 1; left > 0; --left) {
    auto more = inbox.forget_some(acknowledged);
    if (!more && more.error().remedy == Remedy::stop) return more.error();
    if (!more || !*more) break;
  }
  return {};
}

/// What claim() needs of the events.
[[nodiscard]] inline std::vector<Delivery> deliveries_of(const Batch& batch) {
  std::vector<Delivery> deliveries;
  deliveries.reserve(batch.size());
  for (const Event& event : batch) deliveries.push_back(event.delivery());
  return deliveries;
}

/// Calls `apply` for each new event, until one fails.
template <class Apply>
[[nodiscard]] Result<void> apply_new(const Batch& batch, const std::vector<bool>& is_new,
                                     const Apply& apply) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!is_new[i]) continue;
    if (auto applied = apply(batch[i]); !applied) return applied;
  }
  return {};
}

}  // namespace headwater::client::inbox
