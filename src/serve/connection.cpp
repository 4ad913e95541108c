#include "src/serve/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

namespace headwater::serve {
namespace {

constexpr std::size_t most_head_bytes = 8192;
// Limit of a body that is read and dropped. Closing a connection with unread bytes resets it, and a
// reset may overtake the answer.
constexpr std::size_t most_discarded_bytes = 65'536;
constexpr const char* plain_text = "text/plain; charset=utf-8";

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

std::string to_bytes(const Answer& answer, bool with_body) {
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " " + reason_of(answer.status) +
                      "\r\nContent-Type: " + answer.type +
                      "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                      "\r\nConnection: close\r\n";
  if (answer.status == 405) bytes += "Allow: GET, HEAD\r\n";
  bytes += "\r\n";
  if (with_body) bytes += answer.body;
  return bytes;
}

/// To "GET /metrics HTTP/1.1".
std::string answer_to(std::string_view line, const Respond& respond) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  const bool is_request = method_end != std::string_view::npos && target_end > method_end + 1 &&
                          line.substr(target_end).starts_with(" HTTP/1.");
  if (!is_request) {
    return to_bytes({.status = 400, .type = plain_text, .body = "not HTTP/1.1\n"}, true);
  }
  const std::string_view method = line.substr(0, method_end);
  if (method != "GET" && method != "HEAD") {
    return to_bytes({.status = 405, .type = plain_text, .body = "GET and HEAD only\n"}, true);
  }
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  return to_bytes(respond(target.substr(0, target.find('?'))), method == "GET");
}

/// Returns the answer once the request suffices for it.
std::optional<std::string> answer_to_head(std::string_view head, const Respond& respond) {
  if (head.find("\r\n\r\n") != std::string_view::npos) {
    return answer_to(head.substr(0, head.find("\r\n")), respond);
  }
  if (head.size() < most_head_bytes) return std::nullopt;
  return to_bytes({.status = 431, .type = plain_text, .body = "too many headers\n"}, true);
}

}  // namespace

bool Connection::go_on(const Respond& respond) {
  switch (state_) {
    case State::receiving:
      return receive(respond);
    case State::sending:
      return send();
    case State::closing:
      break;
  }
  return discard();
}

bool Connection::receive(const Respond& respond) {
  std::array<char, most_head_bytes> part{};
  const ssize_t size = ::recv(socket(), part.data(), part.size() - head_.size(), 0);
  if (size < 0) return would_block();
  if (size == 0) return false;
  head_.append(part.data(), static_cast<std::size_t>(size));
  auto answer = answer_to_head(head_, respond);
  if (!answer) return true;
  head_.clear();
  unsent_ = *std::move(answer);
  state_ = State::sending;
  return send();
}

bool Connection::send() {
  const ssize_t size = ::send(socket(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (size < 0) return would_block();
  unsent_.erase(0, static_cast<std::size_t>(size));
  if (!unsent_.empty()) return true;
  ::shutdown(socket(), SHUT_WR);
  state_ = State::closing;
  return discard();
}

bool Connection::discard() {
  std::array<char, most_head_bytes> part{};
  const ssize_t size = ::recv(socket(), part.data(), part.size(), 0);
  if (size < 0) return would_block();
  discarded_ += static_cast<std::size_t>(size);
  return size > 0 && discarded_ < most_discarded_bytes;
}

}  // namespace headwater::serve
