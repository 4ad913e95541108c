#include "src/sources/postgresql/server/failure.h"

#include <array>

#include "src/libpq/text.h"

namespace headwater::postgresql {
namespace {

struct Reading {
  std::string_view state;  ///< How the SQLSTATE begins.
  Remedy remedy;
  const char* name;
  const char* next;
};

// https://www.postgresql.org/docs/current/errcodes-appendix.html
constexpr std::array<Reading, 11> readings{
    {{"08", Remedy::retry, "source.unavailable", ""},
     {"57P", Remedy::retry, "source.unavailable", ""},
     {"57014", Remedy::retry, "source.interrupted", "ALTER ROLE USER SET statement_timeout = 0"},
     {"53", Remedy::retry, "source.overloaded", "check the server's log, its disk and its limits"},
     {"58", Remedy::retry, "source.overloaded", "check the server's log and its disk"},
     {"40", Remedy::retry, "source.interrupted", ""},
     {"55006", Remedy::retry, "source.slot_in_use", ""},
     {"55P03", Remedy::retry, "source.locked", "find who holds the lock: SELECT * FROM pg_locks"},
     {"28", Remedy::stop, "source.unauthorized", "correct user and password in `uri`"},
     {"3D000", Remedy::stop, "source.no_such_database", "correct the database in `uri`"},
     {"42501", Remedy::stop, "source.unauthorized",
      "headwater check -c FILE, which names the missing right"}}};

/// Other limits have the same SQLSTATE. The setting's name is the same in every language.
bool lacks_slots(const PGresult& result, std::string_view state) {
  const char* const hint = PQresultErrorField(&result, PG_DIAG_MESSAGE_HINT);
  return state == "53400" && hint != nullptr &&
         std::string_view(hint).find("max_replication_slots") != std::string_view::npos;
}

}  // namespace

Failure failure_of(const PGresult& result) {
  const char* const field = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  Failure failure{
      .error = {.remedy = Remedy::stop,
                .origin = Origin::source,
                .name = "source.refused",
                .message = "postgresql: " + libpq::one_line_of(PQresultErrorMessage(&result)),
                .next = "headwater check -c FILE"},
      .state = field == nullptr ? "" : field};
  if (failure.state.empty()) {
    // libpq's own: the connection is lost.
    failure.error.remedy = Remedy::retry;
    failure.error.name = "source.unavailable";
    failure.error.next = {};
  }
  for (const Reading& reading : readings) {
    if (!failure.state.starts_with(reading.state)) continue;
    failure.error.remedy = reading.remedy;
    failure.error.name = reading.name;
    failure.error.next = reading.next;
    break;
  }
  if (lacks_slots(result, failure.state)) {
    failure.error.remedy = Remedy::stop;
    failure.error.name = "source.too_many_slots";
    failure.error.next =
        "drop one that nobody needs: SELECT slot_name FROM pg_replication_slots WHERE NOT active, "
        "SELECT pg_drop_replication_slot(NAME); or ALTER SYSTEM SET max_replication_slots = 20; "
        "then restart the server";
  }
  return failure;
}

}  // namespace headwater::postgresql
