// In a file of its own, because it alone needs Batch.
#include "src/inbox/mongodb/state.h"
#include "src/inbox/shared/pieces.h"

namespace headwater::client {
namespace {

struct Destroy {
  void operator()(mongoc_transaction_opt_t* options) const {
    mongoc_transaction_opts_destroy(options);
  }
  void operator()(mongoc_write_concern_t* concern) const { mongoc_write_concern_destroy(concern); }
  void operator()(mongoc_read_concern_t* concern) const { mongoc_read_concern_destroy(concern); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

Owned<mongoc_transaction_opt_t> majority() {
  Owned<mongoc_transaction_opt_t> options(mongoc_transaction_opts_new());
  const Owned<mongoc_write_concern_t> write(mongoc_write_concern_new());
  mongoc_write_concern_set_w(write.get(), MONGOC_WRITE_CONCERN_W_MAJORITY);
  mongoc_transaction_opts_set_write_concern(options.get(), write.get());
  const Owned<mongoc_read_concern_t> read(mongoc_read_concern_new());
  mongoc_read_concern_set_level(read.get(), MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
  mongoc_transaction_opts_set_read_concern(options.get(), read.get());
  return options;
}

Result<void> commit(mongoc_client_session_t* session, const inbox::Server& server) {
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    bson_t reply;
    bson_error_t why;
    const bool done = mongoc_client_session_commit_transaction(session, &reply, &why);
    const bool unknown = mongoc_error_has_label(&reply, "UnknownTransactionCommitResult");
    const auto error = done ? std::optional<Error>() : server.error(why, &reply);
    bson_destroy(&reply);
    if (!error) return {};
    // Committing again has no other effect, and returns what became of the transaction. If that
    // stays unknown, the events come again, and the claims show it.
    if (!unknown || attempt == attempts) return *error;
  }
}

Result<void> apply_inside(MongoInbox& inbox, mongoc_client_session_t* session, const Batch& batch,
                          const std::function<Result<void>(const Event&)>& apply) {
  auto is_new = inbox.claim(session, inbox::deliveries_of(batch), batch.acknowledged());
  if (!is_new) return is_new.error();
  return inbox::apply_new(batch, *is_new, apply);
}

}  // namespace

Result<void> MongoInbox::apply(mongoc_client_session_t* session, const Batch& batch,
                               const std::function<Result<void>(const Event&)>& apply) {
  if (mongoc_client_session_in_transaction(session)) {
    return inbox::in_transaction(state_->options, "apply()");
  }
  const auto options = majority();
  bson_error_t why;
  if (!mongoc_client_session_start_transaction(session, options.get(), &why)) {
    return state_->server.error(why, nullptr);
  }
  if (auto applied = apply_inside(*this, session, batch, apply); !applied) {
    (void)mongoc_client_session_abort_transaction(session, nullptr);
    return applied;
  }
  return commit(session, state_->server);
}

}  // namespace headwater::client
