#include "src/http/request.h"

#include <httplib.h>

#include <chrono>
#include <utility>

namespace headwater::http {
namespace {

std::string in_words(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "nobody listens there";
    case httplib::Error::ConnectionTimeout:
      return "the connection was not accepted in time";
    case httplib::Error::Read:
      return "the answer did not come in time, or is not HTTP";
    case httplib::Error::Canceled:
      return "the answer is too large";
    default:
      return httplib::to_string(error);
  }
}

}  // namespace

Result<Answer> get(const std::string& address, const std::string& path, Milliseconds patience) {
  httplib::Client client("http://" + address);
  client.set_connection_timeout(patience);
  client.set_read_timeout(patience);
  client.set_write_timeout(patience);
  Answer answer;
  const auto result = client.Get(path, [&](const char* part, std::size_t size) {
    answer.body.append(part, size);
    return answer.body.size() <= largest_answer;
  });
  if (!result) {
    return fail(
        {.remedy = Remedy::retry,
         .name = "http.no_answer",
         .message = "no answer from http://" + address + path + ": " + in_words(result.error())});
  }
  answer.status = result->status;
  return answer;
}

}  // namespace headwater::http
