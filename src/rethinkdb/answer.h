// The JSON of an answer, split into its parts. Documents stay as the server wrote them.
//
//   {"t":TYPE,"e":ERROR TYPE,"r":[RESULT,…],"b":BACKTRACE,"p":PROFILE,"n":[NOTE,…]}
//
// `t` and `r` are always there (src/client_protocol/json.cc, write_response_internal()).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb {

/// src/rdb_protocol/ql2.proto, Response.ResponseType.
enum class AnswerType {
  atom = 1,      ///< One value.
  sequence = 2,  ///< The last values, or all of them.
  partial = 3,   ///< Some values; CONTINUE asks for more.
  wait_complete = 4,
  server_info = 5,
  client_error = 16,   ///< The query is not one, or its token is not known.
  compile_error = 17,  ///< The query makes no sense.
  runtime_error = 18,
};

/// What kind of feed a sequence is (ql2.proto, Response.ResponseNote).
enum class Note {
  sequence_feed = 1,
  atom_feed = 2,
  order_by_limit_feed = 3,
  unioned_feed = 4,
  includes_states = 5,
};

/// Views of the JSON that it was decoded from.
struct Answer {
  AnswerType type = AnswerType::atom;
  ErrorType error = ErrorType::none;
  /// Each is one JSON value without white space between its parts, in UTF-8, and not nested more
  /// deeply than Json::max_depth. Of an error: its message, as a JSON string.
  std::vector<std::string_view> results{};
  std::vector<Note> notes{};  ///< Without those that are not known.

  [[nodiscard]] bool is_error() const { return type >= AnswerType::client_error; }
  [[nodiscard]] bool has(Note note) const;
};

/// Never reads outside of `json`, and allocates no more than a few times its size. Fails with stop,
/// `source.bad_message`.
Result<Answer> decode_answer(std::string_view json);

/// What an answer that is_error() means.
[[nodiscard]] Failure failure_of(const Answer& answer);

}  // namespace headwater::rethinkdb
