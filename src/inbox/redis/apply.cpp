// In a file of its own, because it alone needs Batch.
#include "src/inbox/redis/state.h"
#include "src/inbox/shared/pieces.h"

namespace headwater::client {

Result<void> RedisInbox::apply(const Batch& batch,
                               const std::function<Result<void>(const Event&)>& apply) {
  auto is_new = begin(inbox::deliveries_of(batch));
  if (!is_new) return is_new.error();
  if (auto applied = inbox::apply_new(batch, *is_new, apply); !applied) {
    (void)discard();
    return applied;
  }
  if (auto committed = commit(); !committed) return committed;
  return inbox::forget_after(*this, batch.acknowledged(), batch.size());
}

}  // namespace headwater::client
