#include "src/sources/postgresql/server/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "src/ports/stopped.h"

namespace headwater::postgresql {
namespace {

/// How values are written depends on them, so that a change would have another text in another
/// session.
/// Whoever reads all rows must also not be given a part of them without a word (row_security), nor
/// be stopped by a limit that is meant for the users: so does pg_dump.
constexpr std::array<const char*, 16> own_settings{
    "datestyle=ISO",          "intervalstyle=postgres",
    "timezone=UTC",           "bytea_output=hex",
    "extra_float_digits=1",   "lc_monetary=C",
    "xmloption=content",      "standard_conforming_strings=on",
    "search_path=pg_catalog", "idle_in_transaction_session_timeout=0",
    "idle_session_timeout=0", "synchronize_seqscans=off",
    "row_security=off",       "default_transaction_read_only=off",
    "statement_timeout=0",    "lock_timeout=0"};

constexpr Milliseconds forever = std::chrono::hours(24);

Error silent(Milliseconds since) {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "postgresql: no answer for " + std::to_string(since.count()) + " ms",
          .next = "check the server, and the network to it"};
}

/// What is left of a span that began then.
Milliseconds left_of(Milliseconds span, std::chrono::steady_clock::time_point since) {
  const auto spent = std::chrono::steady_clock::now() - since;
  return std::max(Milliseconds(0), span - std::chrono::duration_cast<Milliseconds>(spent));
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using UriOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

UriOptions parsed(const std::string& uri) {
  char* why = nullptr;
  UriOptions options(PQconninfoParse(uri.c_str(), &why));
  PQfreemem(why);
  return options;
}

std::string option_in(const std::string& uri, std::string_view keyword) {
  const UriOptions options = parsed(uri);
  for (const PQconninfoOption* each = options.get(); each != nullptr && each->keyword != nullptr;
       ++each) {
    if (each->keyword == keyword && each->val != nullptr) return each->val;
  }
  return {};
}

std::string session_options(const ConnectionOptions& options) {
  std::string all = option_in(options.uri, "options");
  const auto add = [&all](std::string_view setting) { all.append(" -c ").append(setting); };
  for (const char* setting : own_settings) add(setting);
  for (const std::string& setting : options.settings) add(setting);
  return all;
}

/// As libpq's `replication`.
const char* replication_word(Speaks speaks) {
  switch (speaks) {
    case Speaks::logical:
      return "database";
    case Speaks::physical:
      return "true";
    case Speaks::sql:
      break;
  }
  return nullptr;
}

PGconn* started(const ConnectionOptions& options) {
  const std::string session = session_options(options);
  // Those before the URI are defaults; those after it are ours.
  constexpr std::array<const char*, 11> words{"connect_timeout",
                                              "keepalives_idle",
                                              "keepalives_interval",
                                              "keepalives_count",
                                              "tcp_user_timeout",
                                              "dbname",
                                              "client_encoding",
                                              "fallback_application_name",
                                              "options",
                                              "replication",
                                              nullptr};
  const std::array<const char*, 11> values{"15",
                                           "10",
                                           "5",
                                           "3",
                                           "30000",
                                           options.uri.c_str(),
                                           "UTF8",
                                           "headwater",
                                           session.c_str(),
                                           replication_word(options.speaks),
                                           nullptr};
  return PQconnectStartParams(words.data(), values.data(), 1);
}

}  // namespace

bool is_uri(const std::string& uri) { return parsed(uri) != nullptr; }

std::vector<std::string> files_of(const std::string& uri) {
  std::vector<std::string> files;
  for (const char* keyword : {"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"}) {
    std::string file = option_in(uri, keyword);
    if (!file.empty() && file != "system") files.push_back(std::move(file));
  }
  return files;
}

std::string without_password(const std::string& uri) {
  std::string text;
  for (const char* keyword : {"service", "host", "hostaddr", "port", "dbname"}) {
    const std::string value = option_in(uri, keyword);
    if (value.empty()) continue;
    if (!text.empty()) text += ' ';
    text.append(keyword).append("=").append(value);
  }
  return text.empty() ? "the default server" : text;
}

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options,
                                                     const std::stop_token& stop) {
  std::unique_ptr<Connection> made(new Connection(started(options), options.patience));
  if (made->connection_ == nullptr) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = "postgresql: there is no memory for a connection"});
  }
  auto connected = made->finish_connecting(options.connect_patience, stop);
  if (!connected) return failed(connected);
  PQsetNoticeProcessor(
      made->connection_, [](void*, const char*) {}, nullptr);
  // Without a database there is no encoding either.
  if (options.speaks == Speaks::physical) return made;
  if (auto as_it_is = made->leave_bytes_alone(stop); !as_it_is) return failed(as_it_is);
  return made;
}

/// A database without an encoding holds any bytes. Asked for UTF-8, its server refuses to send
/// those that are not, also to replication, which could never go on.
Result<void> Connection::leave_bytes_alone(const std::stop_token& stop) {
  constexpr std::string_view no_encoding = "SQL_ASCII";
  const char* const encoding = PQparameterStatus(connection_, "server_encoding");
  if (encoding == nullptr || encoding != no_encoding) return {};
  auto set = command("SET client_encoding = " + quote_text(no_encoding), stop);
  if (!set) return fail(std::move(set.error().error));
  return {};
}

Connection::~Connection() { PQfinish(connection_); }

/// libpq's own connect_timeout does not count here.
Result<void> Connection::finish_connecting(Milliseconds patience, const std::stop_token& stop) {
  const auto since = std::chrono::steady_clock::now();
  // A refusal shows its SQLSTATE only so.
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  for (short events = POLLOUT;;) {
    if (PQstatus(connection_) == CONNECTION_BAD) return fail(refusal_of(*connection_));
    const Milliseconds left = left_of(patience, since);
    if (left <= Milliseconds(0)) return fail(silent(patience));
    poll(events, left, stop);
    if (stop.stop_requested()) return fail(stopped(Origin::source));
    switch (PQconnectPoll(connection_)) {
      case PGRES_POLLING_OK:
        PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
        return {};
      case PGRES_POLLING_READING:
        events = POLLIN;
        break;
      case PGRES_POLLING_WRITING:
        events = POLLOUT;
        break;
      default:
        return fail(refusal_of(*connection_));
    }
  }
}

Answered<Answer> Connection::ask(const std::string& statement, const Parameters& parameters,
                                 const std::stop_token& stop) {
  const auto values = libpq::pointers_to(parameters);
  const int sent =
      PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0);
  if (sent == 0) return tl::unexpected(failure_of(*connection_));
  return answer(stop);
}

Answered<Answer> Connection::prepare(const char* name, const std::string& statement,
                                     const std::stop_token& stop) {
  if (PQsendPrepare(connection_, name, statement.c_str(), 0, nullptr) == 0) {
    return tl::unexpected(failure_of(*connection_));
  }
  return answer(stop);
}

Answered<Answer> Connection::ask_prepared(const char* name, const Parameters& parameters,
                                          const std::stop_token& stop) {
  const auto values = libpq::pointers_to(parameters);
  const int sent = PQsendQueryPrepared(connection_, name, static_cast<int>(values.size()),
                                       values.data(), nullptr, nullptr, 0);
  if (sent == 0) return tl::unexpected(failure_of(*connection_));
  return answer(stop);
}

Answered<Answer> Connection::command(const std::string& statements, const std::stop_token& stop) {
  if (PQsendQuery(connection_, statements.c_str()) == 0) {
    return tl::unexpected(failure_of(*connection_));
  }
  return answer(stop);
}

/// The last of the statements' answers, or the first error.
Answered<Answer> Connection::answer(const std::stop_token& stop) {
  std::optional<Answer> last;
  std::optional<Failure> first_failure;
  const auto since = std::chrono::steady_clock::now();
  for (;;) {
    while (PQisBusy(connection_) != 0) {
      const Milliseconds left = left_of(patience_, since);
      poll(POLLIN, left, stop);
      if (left <= Milliseconds(0)) {
        stopped_ = true;
        return tl::unexpected(Failure{.error = silent(patience_), .state = {}});
      }
      if (stop.stop_requested()) {
        stopped_ = true;
        return tl::unexpected(Failure{.error = stopped(Origin::source), .state = {}});
      }
      if (PQconsumeInput(connection_) == 0) return tl::unexpected(failure_of(*connection_));
    }
    PGresult* const result = PQgetResult(connection_);
    if (result == nullptr) break;
    Answer answer(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_BOTH) return answer;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      last = std::move(answer);
    } else if (!first_failure) {
      first_failure = failure_of(*result);
    }
  }
  if (first_failure) return tl::unexpected(*std::move(first_failure));
  if (!last) return tl::unexpected(failure_of(*connection_));
  return *std::move(last);
}

std::string Connection::server() const {
  const auto text = [](const char* word) { return std::string(word == nullptr ? "" : word); };
  return text(PQhost(connection_)) + ":" + text(PQport(connection_));
}

void Connection::wait_readable(Milliseconds longest, const std::stop_token& stop) {
  poll(POLLIN, longest, stop);
}

void Connection::poll(short events, Milliseconds longest, const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { wake_.signal(); });
  std::array<pollfd, 2> all{{{.fd = PQsocket(connection_), .events = events, .revents = 0},
                             {.fd = wake_.get(), .events = POLLIN, .revents = 0}}};
  const auto most =
      std::clamp<Milliseconds::rep>(longest.count(), 0, Milliseconds(forever).count());
  (void)::poll(all.data(), all.size(), static_cast<int>(most));
  wake_.drain();
}

}  // namespace headwater::postgresql
