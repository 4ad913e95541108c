// Answers as JSON.
#pragma once

#include <string>
#include <vector>

#include "src/rethinkdb/answer.h"
#include "src/rethinkdb/frame.h"
#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {

[[nodiscard]] std::string answer_of(AnswerType type, const std::string& results);
/// With notes, as sequences have them.
[[nodiscard]] std::string answer_of(AnswerType type, const std::string& results,
                                    const std::vector<Note>& notes);
[[nodiscard]] std::string answer_of(const QueryError& failed);
[[nodiscard]] std::string client_error(const std::string& message);
[[nodiscard]] std::string unknown_token(Token token);

}  // namespace headwater::rethinkdb::stand_in
