// In a file of its own, because it alone needs Batch.
#include "src/inbox/postgresql/state.h"
#include "src/inbox/shared/pieces.h"

namespace headwater::client {
namespace {

Result<void> apply_inside(PostgresInbox& inbox, const Batch& batch,
                          const std::function<Result<void>(const Event&)>& apply) {
  auto is_new = inbox.claim(inbox::deliveries_of(batch));
  if (!is_new) return is_new.error();
  return inbox::apply_new(batch, *is_new, apply);
}

}  // namespace

Result<void> PostgresInbox::apply(const Batch& batch,
                                  const std::function<Result<void>(const Event&)>& apply) {
  if (PQtransactionStatus(state_->connection) == PQTRANS_INTRANS) {
    return inbox::in_transaction(state_->options, "apply()");
  }
  if (auto begun = state_->execute("BEGIN"); !begun) return begun;
  auto done = apply_inside(*this, batch, apply);
  if (!done) {
    (void)state_->execute("ROLLBACK");
    return done;
  }
  // COMMIT of a transaction that has failed is a ROLLBACK, and no error.
  if (PQtransactionStatus(state_->connection) != PQTRANS_INTRANS) {
    (void)state_->execute("ROLLBACK");
    return inbox::database_error(state_->options, inbox::Cause::other,
                                 "a statement failed, and the handler did not return its error");
  }
  if (auto committed = state_->execute("COMMIT"); !committed) return committed;
  return inbox::forget_after(*this, batch.acknowledged(), batch.size());
}

}  // namespace headwater::client
