#include "src/sources/mongodb/server/failure.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {
namespace {

// Named in the server's error_codes.yml: BadValue, FailedToParse, TypeMismatch, IllegalOperation,
// CommandNotFound, InvalidOptions, InvalidNamespace, CommandNotSupported,
// CommandNotSupportedOnView, InvalidPipelineOperator.
constexpr std::array<std::int32_t, 10> for_good_codes{2, 9, 14, 20, 59, 72, 73, 115, 166, 168};
// Below this a code has a name; from here on it is the place of a check that a request did not
// pass, but for a few old names of states that pass (NotWritablePrimary, InterruptedAtShutdown,
// NotPrimaryOrSecondary and their like).
constexpr std::int32_t first_location_code = 15'000;

/// libmongoc calls whatever goes wrong while it logs in a failure to log in, and leaves of the
/// cause only its words (mongoc-cluster.c).
bool about_the_way(std::string_view message) {
  constexpr std::array<std::string_view, 4> words{"socket error or timeout", "Failed to send",
                                                  "closed", "shutdown"};
  return std::any_of(words.begin(), words.end(), [message](std::string_view each) {
    return message.find(each) != std::string_view::npos;
  });
}

}  // namespace

Failure Failure::from(const bson_error_t& error, const bson_t* reply) {
  Failure failure{.code = Code::none, .message = error.message};
  if (reply != nullptr) {
    if (const auto code = find_number(reply, "code")) {
      failure.code = static_cast<Code>(static_cast<std::int32_t>(*code));
    }
  }
  const bool client_side = failure.code == Code::none;
  if (client_side && error.domain == MONGOC_ERROR_CLIENT &&
      error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE && !about_the_way(failure.message)) {
    failure.code = Code::authentication_failed;
  }
  if (client_side && error.domain == MONGOC_ERROR_SERVER) {
    failure.code = static_cast<Code>(static_cast<std::int32_t>(error.code));
  }
  return failure;
}

bool Failure::about_rights() const {
  return is(Code::unauthorized) || is(Code::authentication_failed);
}

bool Failure::for_good() const {
  const auto number = static_cast<std::int32_t>(code);
  return about_rights() || number >= first_location_code ||
         std::find(for_good_codes.begin(), for_good_codes.end(), number) != for_good_codes.end();
}

Error to_error(const Failure& failure, const std::string& doing) {
  Error error{.remedy = failure.for_good() ? Remedy::stop : Remedy::retry,
              .origin = Origin::source,
              .name = "source.unavailable",
              .message = doing + ": " + failure.message,
              .next = {}};
  if (failure.about_rights()) {
    error.name = "source.unauthorized";
    error.next = "headwater check -c FILE, which names the missing privilege";
  } else if (failure.is(Code::no_replica_set)) {
    error.name = "source.no_replica_set";
    error.next =
        "start mongod with --replSet NAME and run rs.initiate() in mongosh; then headwater check "
        "-c FILE";
  } else if (failure.is(Code::not_primary)) {
    error.next =
        "nothing, if an election is under way; else take `directConnection` out of the URI: before "
        "MongoDB 5.0 only the primary can serve a snapshot";
  } else if (failure.for_good()) {
    error.name = "source.refused";
    error.next = "headwater check -c FILE";
  }
  return error;
}

}  // namespace headwater::mongodb
