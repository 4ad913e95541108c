// What an error of PostgreSQL means for a relay.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::postgresql {

/// SQLSTATEs that callers handle.
namespace state {
constexpr std::string_view object_in_use = "55006";
constexpr std::string_view undefined_object = "42704";
constexpr std::string_view query_canceled = "57014";
constexpr std::string_view duplicate_object = "42710";
constexpr std::string_view dependents_exist = "2BP01";
constexpr std::string_view insufficient_privilege = "42501";
constexpr std::string_view undefined_table = "42P01";
constexpr std::string_view not_in_prerequisite_state = "55000";
}  // namespace state

/// An error, and the SQLSTATE that made it; empty if the connection failed.
struct Failure {
  Error error;
  std::string state;

  [[nodiscard]] bool is(std::string_view which) const { return state == which; }
};

[[nodiscard]] Failure failure_of(const PGresult& result);
/// The connection is lost.
[[nodiscard]] Failure failure_of(const PGconn& connection);
/// The connection was not made. What the server said has its SQLSTATE if the connection is verbose.
[[nodiscard]] Error refusal_of(const PGconn& connection);

}  // namespace headwater::postgresql
