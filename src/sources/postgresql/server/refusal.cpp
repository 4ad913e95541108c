// Why a connection was not made.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "src/base/quoted.h"
#include "src/libpq/said.h"
#include "src/libpq/text.h"
#include "src/sources/postgresql/server/failure.h"

namespace headwater::postgresql {
namespace {

bool has(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

Error error_of(Remedy remedy, const char* name, std::string next) {
  return {.remedy = remedy, .origin = Origin::source, .name = name, .next = std::move(next)};
}

/// The user and the database that it tried.
struct Login {
  std::string user;
  std::string database;
};

Error not_permitted(const libpq::Said& said, const Login& login) {
  // A word of the language SQL is the same in all others.
  if (has(said.text, "CONNECT")) {
    return error_of(Remedy::stop, "source.unauthorized",
                    "GRANT CONNECT ON DATABASE " + login.database + " TO " + login.user);
  }
  return error_of(Remedy::stop, "source.unauthorized", "ALTER ROLE " + login.user + " REPLICATION");
}

Error not_authorized(const libpq::Said& said, const Login& login) {
  if (has(said.text, "pg_hba.conf")) {
    return error_of(Remedy::stop, "source.unauthorized",
                    "let user " + login.user +
                        " in: a line such as `hostssl DATABASE USER ADDRESS scram-sha-256` in "
                        "pg_hba.conf, then SELECT pg_reload_conf()");
  }
  return error_of(Remedy::stop, "source.unauthorized",
                  "correct the user in `uri` and what it logs in with (CREATE ROLE " + login.user +
                      " LOGIN REPLICATION)");
}

Error too_many(const libpq::Said& said) {
  if (has(said.text, "max_wal_senders")) {
    return error_of(Remedy::retry, "source.overloaded",
                    "ALTER SYSTEM SET max_wal_senders = 20; then restart the server");
  }
  return error_of(Remedy::retry, "source.overloaded",
                  "end sessions that nobody needs, or ALTER SYSTEM SET max_connections = 200; then "
                  "restart the server");
}

/// What the server's SQLSTATE means.
std::optional<Error> by_state(const libpq::Said& said, const Login& login) {
  if (said.state == "28P01") {
    return error_of(Remedy::stop, "source.unauthorized",
                    "correct user and password in `uri`, PGPASSWORD, or the password file");
  }
  if (said.state.starts_with("28")) return not_authorized(said, login);
  if (said.state == state::insufficient_privilege) return not_permitted(said, login);
  if (said.state == "3D000") {
    return error_of(Remedy::stop, "source.no_such_database", "correct the database in `uri`");
  }
  if (said.state == "53300") return too_many(said);
  return std::nullopt;
}

struct Wording {
  std::string_view words;
  Remedy remedy;
  const char* name;
  const char* next;
};

// What libpq itself says, which is never translated here.
constexpr std::array<Wording, 10> wordings{
    {{"no password supplied", Remedy::stop, "source.unauthorized",
      "give a password: in `uri`, PGPASSWORD, or a password file that only its owner may read"},
     {"certificate verify failed", Remedy::retry, "source.unavailable",
      "look whether sslrootcert has the authority of the server's certificate, and when that "
      "expires: openssl s_client -starttls postgres -connect HOST:PORT -showcerts"},
     {"does not match host name", Remedy::retry, "source.unavailable",
      "connect by a name that the server's certificate has; or sslmode=verify-ca, which does not "
      "look at the name"},
     {"root certificate file", Remedy::retry, "source.unavailable",
      "name the file with the certificate of the server's authority: sslrootcert=FILE"},
     {"does not support SSL", Remedy::retry, "source.unavailable",
      "switch it on: ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf(); or choose another "
      "sslmode"},
     {"certificate file", Remedy::retry, "source.unavailable",
      "correct sslcert and sslkey in `uri`"},
     {"private key file", Remedy::retry, "source.unavailable",
      "correct sslkey in `uri`; only its owner may read the file"},
     {"definition of service", Remedy::stop, "source.no_such_service",
      "correct `service` in `uri`, or name the file: PGSERVICEFILE"},
     {"session is read-only", Remedy::retry, "source.standby",
      "start the primary, or promote a standby: SELECT pg_promote()"},
     {"service file", Remedy::stop, "source.no_such_service",
      "correct `service` in `uri`, or name the file: PGSERVICEFILE"}}};

std::optional<Error> by_words(const libpq::Said& said) {
  const auto found = std::ranges::find_if(
      wordings, [&](const Wording& each) { return has(said.text, each.words); });
  if (found == wordings.end()) return std::nullopt;
  return error_of(found->remedy, found->name, found->next);
}

}  // namespace

Error refusal_of(const PGconn& connection) {
  const libpq::Said said = libpq::said_by(connection);
  const auto word = [](const char* text) { return quoted(text == nullptr ? "" : text, '"'); };
  const Login login{.user = word(PQuser(&connection)), .database = word(PQdb(&connection))};
  std::optional<Error> known = by_state(said, login);
  if (!known && said.state.empty()) known = by_words(said);
  Error error = known ? *std::move(known)
                      : error_of(Remedy::retry, "source.unavailable",
                                 "start the server, or correct the host and port in `uri`");
  error.message = "postgresql: " + said.text;
  return error;
}

Failure failure_of(const PGconn& connection) {
  return {.error = {.remedy = Remedy::retry,
                    .origin = Origin::source,
                    .name = "source.unavailable",
                    .message = "postgresql: " + libpq::one_line_of(PQerrorMessage(&connection)),
                    .next = "start the server, or check the network to it"},
          .state = {}};
}

}  // namespace headwater::postgresql
