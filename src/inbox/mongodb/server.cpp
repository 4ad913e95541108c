#include "src/inbox/mongodb/server.h"

#include "src/inbox/shared/errors.h"

namespace headwater::client::inbox {
namespace {

/// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
Cause cause_of(std::uint32_t domain, std::uint32_t code) {
  if (domain == MONGOC_ERROR_STREAM || domain == MONGOC_ERROR_SERVER_SELECTION) {
    return Cause::connection;
  }
  switch (code) {
    case 24:     // LockTimeout
    case 50:     // MaxTimeMSExpired
    case 112:    // WriteConflict
    case 251:    // NoSuchTransaction
    case 11000:  // DuplicateKey: another transaction has claimed the id since this one began
      return Cause::busy;
    case 13:    // Unauthorized
    case 18:    // AuthenticationFailed
    case 8000:  // AtlasError
      return Cause::denied;
    case 10107:  // NotWritablePrimary
    case 13435:  // NotPrimaryNoSecondaryOk
    case 11602:  // InterruptedDueToReplStateChange
    case 189:    // PrimarySteppedDown
      return Cause::read_only;
    case 14031:  // OutOfDiskSpace
      return Cause::full;
    default:
      return Cause::other;
  }
}

}  // namespace

Error Server::error(const bson_error_t& error, const bson_t* reply) const {
  auto cause = cause_of(error.domain, error.code);
  // Of all transactions that fail so, another try may succeed.
  if (reply != nullptr && mongoc_error_has_label(reply, "TransientTransactionError") &&
      cause != Cause::connection) {
    cause = Cause::busy;
  }
  return database_error(*options_, cause, std::string("MongoDB: ") + error.message);
}

Result<void> Server::join(Bson& options, mongoc_client_session_t* session) const {
  bson_error_t why;
  if (session != nullptr && !mongoc_client_session_append(session, options.get(), &why)) {
    return error(why, nullptr);
  }
  return {};
}

Result<Bson> Server::write(const Bson& command, mongoc_client_session_t* session) const {
  Bson options;
  if (auto joined = join(options, session); !joined) return joined.error();
  bson_t reply;
  bson_error_t why;
  const bool done = mongoc_client_write_command_with_opts(client_, database_.c_str(), command.get(),
                                                          options.get(), &reply, &why);
  Bson answer;
  bson_concat(answer.get(), &reply);
  bson_destroy(&reply);
  if (!done) return error(why, answer.get());
  if (const auto code = inbox::find(answer.get(), "writeErrors.0.code")) {
    const auto text = inbox::find(answer.get(), "writeErrors.0.errmsg");
    const auto cause =
        cause_of(MONGOC_ERROR_SERVER, static_cast<std::uint32_t>(number_at(*code).value_or(0)));
    return database_error(
        *options_, cause,
        "MongoDB: " + std::string(text ? text_at(*text).value_or("") : "a write error"));
  }
  return answer;
}

Result<Bson> Server::read(const Bson& command) const {
  bson_t reply;
  bson_error_t why;
  const bool done = mongoc_client_read_command_with_opts(client_, database_.c_str(), command.get(),
                                                         nullptr, nullptr, &reply, &why);
  Bson answer;
  bson_concat(answer.get(), &reply);
  bson_destroy(&reply);
  if (!done) return error(why, answer.get());
  return answer;
}

Result<void> Server::find(const Bson& filter, const Bson& options, mongoc_client_session_t* session,
                          const std::function<void(View)>& each) const {
  Bson all;
  bson_concat(all.get(), options.get());
  if (auto joined = join(all, session); !joined) return joined;
  struct Destroy {
    void operator()(mongoc_collection_t* collection) const {
      mongoc_collection_destroy(collection);
    }
    void operator()(mongoc_cursor_t* cursor) const { mongoc_cursor_destroy(cursor); }
  };
  const std::unique_ptr<mongoc_collection_t, Destroy> collection(
      mongoc_client_get_collection(client_, database_.c_str(), options_->table.c_str()));
  const std::unique_ptr<mongoc_cursor_t, Destroy> cursor(
      mongoc_collection_find_with_opts(collection.get(), filter.get(), all.get(), nullptr));
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor.get(), &document)) each({document});
  bson_error_t why;
  const bson_t* reply = nullptr;
  if (mongoc_cursor_error_document(cursor.get(), &why, &reply)) return error(why, reply);
  return {};
}

}  // namespace headwater::client::inbox
