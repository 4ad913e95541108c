// What a PostgresInbox holds.
#pragma once

#include <headwater/inbox/postgresql.h>
#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/inbox/shared/errors.h"
#include "src/inbox/shared/sweep.h"

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

  State(PGconn* to, InboxOptions chosen)
      : connection(to), options(std::move(chosen)), sweep(options.keep) {}

  [[nodiscard]] Error error(const PGresult* answer) const;
  /// Runs one statement, and may return a failure. The bytes of text must end with a zero byte.
  [[nodiscard]] Answer send(const std::string& sql, const std::vector<Parameter>& parameters) const;
  /// The same; a failure is an Error.
  Result<Answer> query(const std::string& sql, const std::vector<Parameter>& parameters = {}) const;
  Result<void> execute(const std::string& sql) const;
  /// The first column of the first row; empty if there is none or it is NULL.
  Result<std::string> text(const std::string& sql, const std::string& parameter) const;
  /// The table's name in quotes. "" is the table of the ids, "_meta" the other.
  [[nodiscard]] std::string table(std::string_view suffix = "") const;

  struct Arrays;  // the parameters of a claim
  /// Claims ids that are all new. Returns false, and claims nothing, if one of them is not.
  Result<bool> claim_new(const Arrays& arrays) const;

  Result<bool> exists() const;
  Result<void> create() const;
  Result<void> check() const;
  /// Sets the statements.
  void write_statements();

  PGconn* connection;
  InboxOptions options;
  std::string insert;      // claims ids that are all new
  std::string insert_new;  // claims those of them that are new
  std::string raise;       // ids came again with a higher sequence
  std::string remove;      // forgets some
  /// A batch whose events are all new is the rule, and is claimed at half the cost: inside a
  /// savepoint, without ON CONFLICT. After a start or a repeat, repeats are to be expected.
  bool repeats = true;

  inbox::Sweep sweep;
  std::uint64_t page = 0;  // the pass has come to this page of the table
};

}  // namespace headwater::client
