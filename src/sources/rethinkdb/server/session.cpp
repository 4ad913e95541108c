#include "src/sources/rethinkdb/server/session.h"

#include <algorithm>
#include <utility>

#include "src/rethinkdb/query.h"

namespace headwater::rethinkdb {

namespace {

/// What an answer that is an error means here.
Error meaning(Failure failure) {
  Error error = std::move(failure.error);
  // The server has no type of error for it (src/rdb_protocol/terms/db_table.cc).
  if (failure.type == ErrorType::op_failed &&
      error.message.find("does not exist") != std::string::npos) {
    error.remedy = Remedy::stop;
    error.name = "source.no_such_table";
    error.next =
        "headwater init -c FILE, if the table is there under this name; else correct `tables`";
  }
  return error;
}

}  // namespace

Result<Connection*> Session::connection(const std::stop_token& stop) {
  if (is_open()) return connection_.get();
  ConnectionOptions asked{.server = options_->server,
                          .login = options_->login,
                          .tls = options_->tls,
                          .patience = options_->timeout};
  asked.connect_patience = std::min(asked.connect_patience, options_->timeout);
  auto opened = Connection::open(asked, stop);
  if (!opened) return failed(opened);
  connection_ = *std::move(opened);
  return connection_.get();
}

Result<Results> Session::ask(const Term& term, const std::stop_token& stop,
                             const Options& options) {
  auto open = connection(stop);
  if (!open) return failed(open);
  auto results = (*open)->ask(query::start(term, options), stop);
  if (!results) return fail(meaning(std::move(results.error())));
  return *std::move(results);
}

Result<Token> Session::send(const Term& term, const std::stop_token& stop) {
  auto open = connection(stop);
  if (!open) return failed(open);
  return (*open)->send(query::start(term), stop);
}

Result<void> Session::proceed(Token token, const std::stop_token& stop) {
  auto open = connection(stop);
  if (!open) return failed(open);
  return (*open)->proceed(token, stop);
}

Result<std::optional<Reply>> Session::receive(Token token, Milliseconds longest,
                                              const std::stop_token& stop) {
  auto open = connection(stop);
  if (!open) return failed(open);
  auto reply = (*open)->receive(token, longest, stop);
  if (!reply) return fail(meaning(std::move(reply.error())));
  return *std::move(reply);
}

}  // namespace headwater::rethinkdb
