#include "src/serve/reply.h"

namespace headwater::serve {
namespace {

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

std::string head_of(const Answer& answer) {
  std::string head =
      "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_of(answer.status) + "\r\n";
  if (!answer.type.empty()) head += "Content-Type: " + answer.type + "\r\n";
  for (const auto& [name, value] : answer.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head;
}

}  // namespace

std::string to_bytes(const Answer& answer, bool with_body, bool keeps) {
  std::string bytes = head_of(answer);
  if (answer.status != 204) {
    bytes += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  bytes += keeps ? "\r\n" : "Connection: close\r\n\r\n";
  if (with_body) bytes += answer.body;
  return bytes;
}

std::string endless_head(const Answer& answer) {
  return head_of(answer) + "Connection: close\r\n\r\n";
}

}  // namespace headwater::serve
