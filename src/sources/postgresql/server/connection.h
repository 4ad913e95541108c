// One connection to a server, whose waits a stop request ends.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/wake.h"
#include "src/libpq/text.h"
#include "src/sources/postgresql/server/failure.h"

namespace headwater::postgresql {

using libpq::Parameters;
using libpq::quote_name;
using libpq::quote_text;

/// The rows of an answer, as text.
class Answer {
 public:
  explicit Answer(PGresult* result) : result_(result) {}

  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] int columns() const { return PQnfields(result_.get()); }
  [[nodiscard]] bool is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  /// Valid as long as the answer.
  [[nodiscard]] std::string_view view(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  [[nodiscard]] std::string text(int row, int column) const {
    return std::string(view(row, column));
  }
  [[nodiscard]] bool flag(int row, int column) const { return view(row, column) == "t"; }
  [[nodiscard]] std::uint32_t type(int column) const { return PQftype(result_.get(), column); }
  [[nodiscard]] const PGresult& get() const { return *result_; }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

template <class T>
using Answered = tl::expected<T, Failure>;

/// What a connection understands.
enum class Speaks {
  sql,
  logical,   ///< The commands of logical replication, and SQL.
  physical,  ///< Those of physical replication; of no database.
};

struct ConnectionOptions {
  std::string uri;
  /// Settings of the session, in addition to those that decide how values are written:
  /// "wal_sender_timeout=10s".
  std::vector<std::string> settings{};
  Speaks speaks = Speaks::sql;
  Milliseconds connect_patience{10'000};
  /// How long an answer may take. The way to a server may be silent without an end.
  Milliseconds patience = std::chrono::hours(24);
};

/// Whether libpq can read it.
[[nodiscard]] bool is_uri(const std::string& uri);
/// The files that it names, such as sslrootcert.
[[nodiscard]] std::vector<std::string> files_of(const std::string& uri);
/// Without its password and its parameters, for people.
[[nodiscard]] std::string without_password(const std::string& uri);

/// One thread. After a call that was stopped, or a lost connection, is_open() is false. Errors have
/// Origin::source.
class Connection {
 public:
  /// Blocks until the server has answered; `stop` ends it with `source.stopped`.
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options,
                                                  const std::stop_token& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool is_open() const { return !stopped_ && PQstatus(connection_) == CONNECTION_OK; }

  /// One statement, and its rows.
  Answered<Answer> ask(const std::string& statement, const Parameters& parameters,
                       const std::stop_token& stop);
  /// The same with a statement that the session has prepared under this name.
  Answered<Answer> prepare(const char* name, const std::string& statement,
                           const std::stop_token& stop);
  Answered<Answer> ask_prepared(const char* name, const Parameters& parameters,
                                const std::stop_token& stop);
  /// Statements without parameters, or a replication command. The last answer.
  Answered<Answer> command(const std::string& statements, const std::stop_token& stop);

  /// Blocks until something can be read, for `longest` at the most, or until a stop.
  void wait_readable(Milliseconds longest, const std::stop_token& stop);

  [[nodiscard]] PGconn* get() const { return connection_; }
  /// Which of the URI's servers it is.
  [[nodiscard]] std::string server() const;

 private:
  Connection(PGconn* connection, Milliseconds patience)
      : connection_(connection), patience_(patience) {}
  Result<void> finish_connecting(Milliseconds patience, const std::stop_token& stop);
  Result<void> leave_bytes_alone(const std::stop_token& stop);
  Answered<Answer> answer(const std::stop_token& stop);
  void poll(short events, Milliseconds longest, const std::stop_token& stop);

  PGconn* connection_;
  Milliseconds patience_;
  Wake wake_;
  bool stopped_ = false;  // an answer may still come, so nothing else can be asked
};

}  // namespace headwater::postgresql
