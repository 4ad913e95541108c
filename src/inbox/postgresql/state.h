// What a PostgresInbox holds.
#pragma once

#include <headwater/inbox/postgresql.h>
#include <libpq-fe.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "src/inbox/shared/errors.h"

namespace headwater::client {

struct PostgresInbox::State {
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Clear>;
  /// A parameter of a statement, in text or in PostgreSQL's binary format.
  struct Parameter {
    Oid type = 0;  ///< 0: PostgreSQL infers it.
    std::string_view bytes;
    bool binary = false;
  };

  State(PGconn* to, InboxOptions chosen) : connection(to), options(std::move(chosen)) {}

  [[nodiscard]] Error error(const PGresult* answer) const;
  /// Runs one statement. The bytes of text must end with a zero byte.
  Result<Answer> query(const std::string& sql,
                       std::initializer_list<Parameter> parameters = {}) const;
  Result<void> execute(const std::string& sql) const;
  /// The first column of the first row; empty if there is none or it is NULL.
  Result<std::string> text(const std::string& sql, const std::string& parameter) const;
  /// The table's name in quotes. "" is the table of the ids, "_meta" the other.
  [[nodiscard]] std::string table(std::string_view suffix = "") const;

  Result<bool> exists() const;
  Result<void> create() const;
  Result<void> check() const;
  /// Sets the statements.
  void write_statements();

  PGconn* connection;
  InboxOptions options;
  std::string insert;  // claims ids
  std::string raise;   // ids came again with a higher sequence
  std::string remove;  // forgets some
};

}  // namespace headwater::client
