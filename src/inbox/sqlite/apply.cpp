// In a file of its own, because it alone needs Batch.
#include "src/inbox/shared/pieces.h"
#include "src/inbox/sqlite/state.h"

namespace headwater::client {
namespace {

Result<void> apply_inside(SqliteInbox& inbox, const Batch& batch,
                          const std::function<Result<void>(const Event&)>& apply) {
  auto is_new = inbox.claim(inbox::deliveries_of(batch));
  if (!is_new) return is_new.error();
  return inbox::apply_new(batch, *is_new, apply);
}

}  // namespace

Result<void> SqliteInbox::apply(const Batch& batch,
                                const std::function<Result<void>(const Event&)>& apply) {
  if (state_->in_transaction()) return inbox::in_transaction(state_->options, "apply()");
  // A transaction that begins by reading could not go on once somebody else has written.
  if (auto begun = state_->execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = apply_inside(*this, batch, apply);
  if (done) done = state_->execute("COMMIT");
  if (!done) {
    if (state_->in_transaction()) (void)state_->execute("ROLLBACK");
    return done;
  }
  return inbox::forget_after(*this, batch.acknowledged(), batch.size());
}

}  // namespace headwater::client
