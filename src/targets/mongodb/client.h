// One connection that sends commands, with or without a transaction.
#pragma once

#include <mongoc/mongoc.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"

namespace headwater::target_mongodb {

using mongodb::Doc;

/// One thread. Errors have Origin::target. Writes use write concern majority.
class Client {
 public:
  /// Connects when it is first used.
  static Result<std::unique_ptr<Client>> open(const std::string& uri, std::string database);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] const std::string& database() const { return database_; }

  /// Runs `body` in a transaction. Everything that the body sends is a part of it.
  Result<void> transaction(const std::function<Result<void>()>& body);

  /// A command to the database, or with `admin` to the deployment; in the transaction, if one is
  /// open.
  Result<Doc> run(const Doc& command, bool admin = false);
  /// The documents of a collection that match.
  Result<std::vector<Doc>> find(const std::string& collection, const Doc& filter);
  /// The same one by one.
  Result<void> each(const std::string& collection, const Doc& filter,
                    const std::function<Result<void>(Doc)>& see);

  /// Queues a write. Queued writes are sent in order, and before anything else.
  Result<void> replace(const std::string& collection, const Doc& filter, const Doc& document);
  Result<void> update(const std::string& collection, const Doc& filter, const Doc& change);
  Result<void> remove(const std::string& collection, const Doc& filter, bool all);
  /// Sends what is queued.
  Result<void> flush();

 private:
  Client(mongoc_client_t* client, std::string database)
      : client_(client), database_(std::move(database)) {}

  Result<void> bulk(const std::string& collection);
  Result<Doc> options() const;

  mongoc_client_t* client_;
  mongoc_client_session_t* session_ = nullptr;  // in a transaction
  std::string database_;
  mongoc_bulk_operation_t* bulk_ = nullptr;
  std::string bulk_collection_;
};

/// With Origin::target. `reply` may be null.
[[nodiscard]] Error to_error(const bson_error_t& error, const bson_t* reply);
[[nodiscard]] bool is_code(const Error& error, int code);

}  // namespace headwater::target_mongodb
