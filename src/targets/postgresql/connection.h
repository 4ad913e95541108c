// A thin wrapper of libpq that returns errors.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/libpq/text.h"

namespace headwater::target_postgresql {

using libpq::Parameters;
using libpq::quote_name;
using libpq::quote_text;

/// The rows of an answer, as text.
class Answer {
 public:
  explicit Answer(PGresult* result) : result_(result) {}

  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] bool is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  [[nodiscard]] std::string text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  [[nodiscard]] const PGresult* get() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// One connection, made when it is first needed and again after it was lost. One thread. Errors
/// have Origin::target; a lost connection is one with Remedy::retry.
class Connection {
 public:
  /// `schema` holds the tables; empty: the user's default.
  Connection(std::string uri, std::string schema);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Connects if necessary. Returns true if the connection is new.
  Result<bool> connect();

  Result<Answer> ask(const std::string& statement, const Parameters& parameters = {});
  /// One or more statements without parameters.
  Result<void> execute(const std::string& statements);
  Result<void> prepare(const std::string& name, const std::string& statement);
  /// Sends a prepared statement and does not wait for the answer. Every other call first waits for
  /// the answers, and returns the first error.
  Result<void> send(const std::string& name, const Parameters& parameters);
  /// Waits for the answers.
  Result<void> finish();

  /// Forgets what was sent, and rolls back.
  void roll_back();

 private:
  [[nodiscard]] Error unreachable(const std::string& why) const;
  [[nodiscard]] Error lost() const;
  [[nodiscard]] Error refusal() const;
  Result<void> finish_connecting();
  [[nodiscard]] Result<Answer> checked(PGresult* result) const;
  Result<void> leave_pipeline();

  std::string uri_;
  std::string schema_;
  PGconn* connection_ = nullptr;
  std::size_t sent_ = 0;  // without an answer
};

/// The URI without its password, for people.
[[nodiscard]] std::string without_password(const std::string& uri);

}  // namespace headwater::target_postgresql
