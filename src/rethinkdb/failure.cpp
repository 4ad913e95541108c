#include "src/rethinkdb/failure.h"

#include <utility>

#include "src/base/one_line.h"

namespace headwater::rethinkdb {
namespace {

Error error_of(Remedy remedy, const char* name, std::string message, std::string next) {
  return {.remedy = remedy,
          .origin = Origin::source,
          .name = name,
          .message = "rethinkdb: " + std::move(message),
          .next = std::move(next)};
}

constexpr int wrong_password = 12;
constexpr int unknown_user = 17;
constexpr int first_of_login = 10;
constexpr int last_of_login = 20;
constexpr int last_of_cryptography = 22;

std::string correct_user(std::int64_t code, std::string_view user) {
  if (code == wrong_password) {
    return "correct `password`; to set it: r.db('rethinkdb').table('users').get('" +
           std::string(user) + "').update({password: '...'})";
  }
  if (code != unknown_user) return "correct `user` and `password`";
  std::string next = "correct `user`; to list the users: r.db('rethinkdb').table('users')";
  // src/clustering/administration/auth/scram_authenticator.cc, saslname_decode(), skips one letter
  // too many after each of them.
  if (user.find_first_of("=,") != std::string_view::npos) {
    next += "; servers up to 2.4 misread a user name with '=' or ',', so choose one without";
  }
  return next;
}

}  // namespace

Error bad_message(std::string_view what) {
  return error_of(Remedy::stop, "source.bad_message", std::string(what),
                  "find out what listens there; RethinkDB's driver port is 28015, unless "
                  "--driver-port says otherwise");
}

Error too_large(std::size_t size, std::size_t largest) {
  return error_of(Remedy::stop, "source.answer_too_large",
                  "an answer has " + std::to_string(size) + " bytes; at most " +
                      std::to_string(largest) + " are read",
                  "find out whether a document is as large as that");
}

Failure refused(ErrorType type, std::string_view message) {
  const std::string text = one_line(message);
  // A missing right for changes(), set_write_hook() or ignore_write_hook comes as an exception that the
  // server did not expect.
  const bool lacks_right = text.find("does not have the required `") != std::string::npos;
  if (type == ErrorType::internal && lacks_right) {
    return {refused(ErrorType::permission, message).error, type};
  }
  switch (type) {
    case ErrorType::op_failed:
    case ErrorType::op_indeterminate:
      return {error_of(Remedy::retry, "source.unavailable", text,
                       "look at the tables' state: r.db('rethinkdb').table('table_status')"),
              type};
    case ErrorType::internal:
      return {error_of(Remedy::retry, "source.overloaded", text,
                       "check the server's log, its disk and its memory"),
              type};
    case ErrorType::permission:
      return {error_of(Remedy::stop, "source.unauthorized", text,
                       "headwater check -c FILE, which names the missing right"),
              type};
    default:
      return {error_of(Remedy::stop, "source.refused", text, "headwater check -c FILE"), type};
  }
}

Error login_refused(std::int64_t code, std::string_view message, std::string_view user) {
  const std::string text = "the login of " + one_line(user) + " was refused: " + one_line(message) +
                           " (" + std::to_string(code) + ")";
  if (code >= first_of_login && code <= last_of_login) {
    return error_of(Remedy::stop, "source.unauthorized", text, correct_user(code, user));
  }
  if (code > last_of_login && code <= last_of_cryptography) {
    return error_of(Remedy::retry, "source.unavailable", text, "check the server's log");
  }
  return error_of(Remedy::stop, "source.refused", text,
                  "use a server of version 2.3 or later, which speaks the protocol V1_0");
}

}  // namespace headwater::rethinkdb
