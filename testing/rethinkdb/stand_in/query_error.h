// What a query is answered with instead of a result.
#pragma once

#include <string>
#include <utility>

#include "src/rethinkdb/answer.h"
#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb::stand_in {

/// Thrown while a query is evaluated, because ReQL's `default` catches some in the middle of one.
/// Never leaves a session.
struct QueryError {
  ErrorType type = ErrorType::query_logic;
  std::string message{};
  AnswerType answer = AnswerType::runtime_error;
};

[[noreturn]] inline void fail(std::string message, ErrorType type = ErrorType::query_logic) {
  throw QueryError{.type = type, .message = std::move(message)};
}
[[noreturn]] inline void fail_missing(std::string message) {
  fail(std::move(message), ErrorType::non_existence);
}
[[noreturn]] inline void fail_operation(std::string message) {
  fail(std::move(message), ErrorType::op_failed);
}
/// The query makes no sense, whatever the data.
[[noreturn]] inline void fail_compile(std::string message) {
  throw QueryError{
      .type = ErrorType::none, .message = std::move(message), .answer = AnswerType::compile_error};
}

}  // namespace headwater::rethinkdb::stand_in
