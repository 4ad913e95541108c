#include "testing/rethinkdb/stand_in/answers.h"

#include "src/event/json_text.h"

namespace headwater::rethinkdb::stand_in {
namespace {

std::string beginning(AnswerType type) {
  return "{\"t\":" + std::to_string(static_cast<int>(type));
}

}  // namespace

std::string answer_of(AnswerType type, const std::string& results) {
  return beginning(type) + ",\"r\":[" + results + "]}";
}

std::string answer_of(AnswerType type, const std::string& results, const std::vector<Note>& notes) {
  std::string list;
  for (const Note each : notes) {
    if (!list.empty()) list += ',';
    list += std::to_string(static_cast<int>(each));
  }
  return beginning(type) + ",\"r\":[" + results + "],\"n\":[" + list + "]}";
}

std::string answer_of(const QueryError& failed) {
  std::string json = beginning(failed.answer);
  if (failed.type != ErrorType::none) {
    json += ",\"e\":" + std::to_string(static_cast<int>(failed.type));
  }
  json += ",\"r\":[";
  append_json_name(json, failed.message);
  return json += "],\"b\":[]}";
}

std::string client_error(const std::string& message) {
  return answer_of(
      QueryError{.type = ErrorType::none, .message = message, .answer = AnswerType::client_error});
}

std::string unknown_token(Token token) {
  return client_error("Token " + std::to_string(token) + " not in stream cache.");
}

}  // namespace headwater::rethinkdb::stand_in
