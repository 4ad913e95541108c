#include "src/rethinkdb/handshake.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "src/json/json.h"
#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb {
namespace {

/// Something else than RethinkDB is often known by its first byte. Nothing: it may be RethinkDB.
std::optional<Error> stranger(char first) {
  constexpr char tls_alert = '\x15';
  if (first == tls_alert) {
    Error error = bad_message("the server speaks TLS on this port");
    error.next = "set `tls`, or connect to a port without it";
    return error;
  }
  // '{' is a message; 'E' may be "ERROR: ".
  if (first == '{' || first == 'E') return std::nullopt;
  return bad_message("what listens there does not speak RethinkDB's protocol for drivers");
}

/// Not one of the server's.
constexpr int no_code = -1;

bool supports_version_0(const Json& greeting) {
  const auto lowest = greeting["min_protocol_version"].integer();
  const auto highest = greeting["max_protocol_version"].integer();
  return lowest && highest && *lowest <= 0 && *highest >= 0;
}

std::string with_nul(const Json& message) { return message.dump() + '\0'; }

}  // namespace

Handshake::Handshake(Credentials credentials, std::string nonce)
    : scram_(credentials, std::move(nonce)), user_(std::move(credentials.user)) {}

/// The first message of the login need not wait for the greeting, as in the server's own drivers.
std::string Handshake::begin() const {
  return std::string(magic_v1_0) + with_nul(Json{{"protocol_version", 0},
                                                 {"authentication_method", "SCRAM-SHA-256"},
                                                 {"authentication", scram_.first_message()}});
}

Result<std::string> Handshake::take(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const bool whole = end < bytes.size();
  message_ += bytes.substr(0, end);
  bytes.remove_prefix(whole ? end + 1 : end);
  if (!message_.empty()) {
    if (auto error = stranger(message_.front())) return fail(*std::move(error));
  }
  if (message_.size() > longest_handshake_message) {
    return fail(bad_message("a message of the login is longer than " +
                            std::to_string(longest_handshake_message) + " bytes"));
  }
  if (!whole) return std::string();
  return react(std::exchange(message_, {}));
}

Result<std::string> Handshake::react(std::string_view message) {
  constexpr std::string_view old_error = "ERROR: ";
  if (message.starts_with(old_error)) {
    message.remove_prefix(old_error.size());
    return fail(login_refused(no_code, message.substr(0, message.find('\n')), user_));
  }
  const auto json = Json::parse(message);
  if (!json) return fail(bad_message("a message of the login is not JSON"));
  const auto success = (*json)["success"].boolean();
  if (!success) return fail(bad_message("a message of the login has no `success`"));
  if (!*success) {
    const auto code = (*json)["error_code"].integer().value_or(no_code);
    return fail(login_refused(code, (*json)["error"].text().value_or("no reason given"), user_));
  }
  if (expected_ == Expected::greeting) {
    if (!supports_version_0(*json)) {
      return fail(login_refused(no_code, "the server does not speak version 0 of V1_0", user_));
    }
    server_version_ = (*json)["server_version"].text().value_or("");
    expected_ = Expected::challenge;
    return std::string();
  }
  const auto authentication = (*json)["authentication"].text();
  if (!authentication) {
    return fail(bad_message("a message of the login has no `authentication`"));
  }
  if (expected_ == Expected::challenge) {
    auto answer = scram_.final_message(*authentication);
    if (!answer) return failed(answer);
    expected_ = Expected::proof;
    return with_nul(Json{{"authentication", *answer}});
  }
  if (auto known = scram_.verify(*authentication); !known) return failed(known);
  expected_ = Expected::nothing;
  return std::string();
}

}  // namespace headwater::rethinkdb
