// What a SqliteInbox holds.
#pragma once

#include <headwater/inbox/sqlite.h>
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "src/inbox/shared/errors.h"
#include "src/inbox/shared/sweep.h"

namespace headwater::client {

struct SqliteInbox::State {
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

  State(sqlite3* connection, InboxOptions chosen)
      : database(connection), options(std::move(chosen)), sweep(options.keep) {}

  [[nodiscard]] Error error() const;
  Result<Prepared> prepare(const std::string& sql) const;
  Result<void> execute(const std::string& sql) const;
  /// The first column of the first row; empty if there is none or it is NULL.
  Result<std::string> text(const std::string& sql) const;
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(database) == 0; }
  /// The table's name in quotes, with its schema. "" is the table of the ids, "_meta" the other.
  [[nodiscard]] std::string table(std::string_view suffix = "") const;

  /// The shape of the tables as `create` makes them; fails with `inbox.other_shape`.
  Result<bool> exists() const;
  Result<void> create() const;
  Result<void> check() const;
  Result<void> prepare_all();

  sqlite3* database;
  InboxOptions options;
  Prepared now;     // the database's time
  Prepared insert;  // claims an id
  Prepared raise;   // an id came again with a higher sequence
  Prepared window;  // the next ids of a pass
  Prepared remove;  // forgets those of them that can be

  /// A part of a pass.
  struct Part {
    std::string source;  ///< The last id in it.
    std::string id;
    int old = 0;      ///< How many of its ids can be forgotten.
    bool end = true;  ///< No ids follow.
  };
  Result<Part> read_part(std::int64_t cutoff, std::int64_t acknowledged);
  Result<void> remove_old(const Part& part, std::int64_t cutoff, std::int64_t acknowledged);

  inbox::Sweep sweep;
  std::string at_source;  // the pass has come to this id
  std::string at_id;
};

}  // namespace headwater::client
