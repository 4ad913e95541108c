// A program that uses a MongoDB server and knows nothing of Headwater: libmongoc and no more.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::rig {

using mongodb::ClusterTime;
using mongodb::Doc;

/// What the server or the library says of a failure.
struct ShellError {
  std::uint32_t code = 0;  ///< The server's own, such as 11000; the library's if none answered.
  std::string message;
  bool transient = false;  ///< The whole transaction may be tried again.
};

template <class T>
using Tried = tl::expected<T, ShellError>;

/// From Extended JSON, which must be some.
[[nodiscard]] Doc json(std::string_view text);

/// One connection. Collections are named "database.collection". Writes are acknowledged by the
/// majority. What has no `try_` in its name must succeed, or ends the test program. One thread.
class MongoShell {
 public:
  explicit MongoShell(const std::string& uri);
  ~MongoShell();
  MongoShell(const MongoShell&) = delete;
  MongoShell& operator=(const MongoShell&) = delete;

  /// Any command; inside the transaction, if there is one.
  Tried<Doc> try_command(const std::string& database, const Doc& command);
  /// The same with the majority's acknowledgement, for commands that write. A write error is one.
  Tried<Doc> try_write(const std::string& database, const Doc& command);
  Doc command(const std::string& database, const Doc& command);
  Doc command(const std::string& database, std::string_view text) {
    return command(database, json(text));
  }

  /// With pre- and post-images, where the server has them: true if it has.
  bool create(const std::string& collection, bool images = false);
  void insert(const std::string& collection, const Doc& document);
  void insert(const std::string& collection, const std::vector<Doc>& documents);
  /// One document that the filter finds; `change` is update operators or a whole document.
  void update(const std::string& collection, const Doc& filter, const Doc& change);
  Tried<Doc> try_update(const std::string& collection, const Doc& filter, const Doc& change,
                        bool upsert = false);
  /// One document.
  void remove(const std::string& collection, const Doc& filter);
  Tried<Doc> try_remove(const std::string& collection, const Doc& filter);
  std::vector<Doc> documents(const std::string& collection, const Doc& filter = {});

  void begin();
  Tried<void> try_begin();
  void commit();
  Tried<void> try_commit();
  /// Undoes the transaction; nothing if there is none.
  void abort();

  /// The server's newest time.
  ClusterTime time();

 private:
  Tried<Doc> send(const std::string& database, const Doc& command, bool write);
  Doc session_options();

  mongoc_client_t* client_;
  mongoc_client_session_t* session_ = nullptr;
};

}  // namespace headwater::rig
