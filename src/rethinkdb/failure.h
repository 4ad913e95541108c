// The errors of the wire protocol, for people and for the relay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "src/base/error.h"

namespace headwater::rethinkdb {

/// What an answer says of the kind of its error; `e` in its JSON. The numbers are the server's
/// (src/rdb_protocol/ql2.proto, Response.ErrorType). A server may send others.
enum class ErrorType {
  none = 0,  ///< The server gave none, or the connection failed.
  internal = 1'000'000,
  resource_limit = 2'000'000,
  query_logic = 3'000'000,
  non_existence = 3'100'000,     ///< A field or an element is missing, not a table.
  op_failed = 4'100'000,         ///< It has not happened. Also: a table or index that is missing.
  op_indeterminate = 4'200'000,  ///< It may have happened.
  user = 5'000'000,              ///< From r.error().
  permission = 6'000'000,
};

/// An error, and the server's type of it, by which a caller may decide.
struct Failure {
  Error error;
  ErrorType type = ErrorType::none;

  [[nodiscard]] bool is(ErrorType which) const { return type == which; }
};

template <class T>
using Answered = tl::expected<T, Failure>;

/// Bytes that are not this protocol, or a server that breaks it: stop, `source.bad_message`.
/// `what`: "the answer is not JSON".
[[nodiscard]] Error bad_message(std::string_view what);

/// Results of more bytes than are read: stop, `source.answer_too_large`.
[[nodiscard]] Error too_large(std::size_t size, std::size_t largest);

/// A query that the server refused. `message` is the server's, in its words.
///
/// Retry: `source.unavailable` (op_failed, op_indeterminate: a table without its primary replica, a
/// server that shuts down; but a table that is missing is op_failed, too), `source.overloaded`
/// (internal). Stop: `source.unauthorized` (permission, however the server calls it), `source.refused`
/// (everything else).
[[nodiscard]] Failure refused(ErrorType type, std::string_view message);

/// A server that refused the login, by its `error_code` (src/client_protocol/server.cc,
/// src/clustering/administration/auth/authentication_error.hpp). 10 to 20 are stop,
/// `source.unauthorized`; 21 and 22, faults of its cryptography, retry, `source.unavailable`;
/// others, which are about the protocol, stop, `source.refused`.
[[nodiscard]] Error login_refused(std::int64_t code, std::string_view message,
                                  std::string_view user);

}  // namespace headwater::rethinkdb
