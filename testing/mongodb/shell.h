// A MongoDB client for tests: libmongoc, without the product's code.
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

/// An error of the server or the library.
struct ShellError {
  std::uint32_t code =
      0;  ///< The server's code, such as 11000; the library's if there was no reply.
  std::string message;
  bool transient = false;  ///< The whole transaction can be retried.
};

template <class T>
using Tried = tl::expected<T, ShellError>;

/// Parses Extended JSON, which must be valid.
[[nodiscard]] Doc json(std::string_view text);

/// One connection. Collections are named "database.collection". Writes use majority concern. A
/// function without `try_` in its name ends the test program on an error. One thread.
class MongoShell {
 public:
  explicit MongoShell(const std::string& uri);
  ~MongoShell();
  MongoShell(const MongoShell&) = delete;
  MongoShell& operator=(const MongoShell&) = delete;

  /// Runs a command, inside the open transaction if there is one.
  Tried<Doc> try_command(const std::string& database, const Doc& command);
  /// The same with majority concern, for commands that write. A write error is an error.
  Tried<Doc> try_write(const std::string& database, const Doc& command);
  Doc command(const std::string& database, const Doc& command);
  Doc command(const std::string& database, std::string_view text) {
    return command(database, json(text));
  }

  /// With `images`, enables pre- and post-images. Returns whether the server has them.
  bool create(const std::string& collection, bool images = false);
  void insert(const std::string& collection, const Doc& document);
  void insert(const std::string& collection, const std::vector<Doc>& documents);
  /// Updates one matching document; `change` has update operators or is a whole document.
  void update(const std::string& collection, const Doc& filter, const Doc& change);
  Tried<Doc> try_update(const std::string& collection, const Doc& filter, const Doc& change,
                        bool upsert = false);
  /// Removes one matching document.
  void remove(const std::string& collection, const Doc& filter);
  Tried<Doc> try_remove(const std::string& collection, const Doc& filter);
  std::vector<Doc> documents(const std::string& collection, const Doc& filter = {});

  void begin();
  Tried<void> try_begin();
  void commit();
  Tried<void> try_commit();
  /// Aborts the open transaction, if there is one.
  void abort();

  /// The server's latest cluster time.
  ClusterTime time();

 private:
  Tried<Doc> send(const std::string& database, const Doc& command, bool write);
  Doc session_options();

  mongoc_client_t* client_;
  mongoc_client_session_t* session_ = nullptr;
};

}  // namespace headwater::rig
