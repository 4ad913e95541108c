#include "testing/rethinkdb/peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "src/base/no_pipe_signal.h"
#include "src/base/openssl.h"
#include "src/json/json.h"
#include "src/rethinkdb/handshake.h"

namespace headwater::rethinkdb {
namespace {

std::string with_nul(const Json& message) { return message.dump() + '\0'; }

}  // namespace

Peer::Peer(Descriptor socket, SSL_CTX* tls) : socket_(std::move(socket)) {
  if (tls == nullptr) return;
  session_.reset(SSL_new(tls));
  SSL_set_fd(session_.get(), socket_.get());
  SSL_set_accept_state(session_.get());
}

Peer::~Peer() {
  const NoPipeSignal no_signal;
  if (session_) SSL_shutdown(session_.get());
}

bool Peer::log_in(const Accounts& accounts) {
  if (read(magic_v1_0.size()) != magic_v1_0) {
    send(std::string("ERROR: Received an unsupported protocol version.\n") + '\0');
    return false;
  }
  send(with_nul({{"success", true},
                 {"min_protocol_version", 0},
                 {"max_protocol_version", 0},
                 {"server_version", "2.4.4"}}));
  ScramServer login(accounts, new_nonce());
  for (const bool is_first : {true, false}) {
    const auto message = read_text();
    if (!message) return false;
    const auto json = Json::parse(*message).value_or(Json());
    if (is_first && json["protocol_version"].integer() != 0) {
      return refuse({.code = 2, .message = "Unsupported `protocol_version`."});
    }
    if (is_first && json["authentication_method"].text() != "SCRAM-SHA-256") {
      return refuse({.code = 4, .message = "Unsupported `authentication_method`."});
    }
    const auto text = json["authentication"].text().value_or("");
    const auto reply = is_first ? login.first(text) : login.last(text);
    if (!reply) return refuse(reply.error());
    send(with_nul({{"success", true}, {"authentication", *reply}}));
  }
  user_ = login.user();
  return true;
}

bool Peer::refuse(const Refusal& refusal) {
  send(with_nul({{"success", false}, {"error", refusal.message}, {"error_code", refusal.code}}));
  return false;
}

std::optional<Frame> Peer::query() {
  FrameReader reader(too_large_query);
  const std::string header = read(frame_header_size);
  std::string_view bytes = header;
  auto frame = reader.take(bytes);
  while (frame && !*frame) {
    const std::string more = read(reader.missing());
    if (more.empty()) return std::nullopt;
    bytes = more;
    frame = reader.take(bytes);
  }
  return frame ? *std::move(frame) : std::nullopt;
}

void Peer::answer(Token token, std::string_view json) {
  std::string bytes;
  append_frame(bytes, token, json);
  send(bytes);
}

bool Peer::answer_next(std::string_view json) {
  const auto asked = query();
  if (asked) answer(asked->token, json);
  return asked.has_value();
}

void Peer::send(std::string_view bytes) {
  const NoPipeSignal no_signal;
  while (!bytes.empty()) {
    const auto sent = session_
                          ? SSL_write(session_.get(), bytes.data(), openssl_length(bytes.size()))
                          : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::optional<std::string> Peer::read_text() {
  std::string text;
  for (;;) {
    const std::string byte = read(1);
    if (byte.empty()) return std::nullopt;
    if (byte[0] == '\0') return text;
    text += byte;
  }
}

std::string Peer::read(std::size_t size) {
  const NoPipeSignal no_signal;
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    char* const to = bytes.data() + got;
    const auto more = session_ ? SSL_read(session_.get(), to, openssl_length(size - got))
                               : ::recv(socket_.get(), to, size - got, 0);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

void Peer::read_to_the_end() {
  while (!read(1).empty()) continue;
}

void Peer::wait_for_the_end() const {
  pollfd watched{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
  (void)::poll(&watched, 1, -1);
}

bool Peer::wait_for_bytes(int also) const {
  if (session_ && SSL_pending(session_.get()) > 0) return true;
  std::array<pollfd, 2> watched{pollfd{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = also, .events = POLLIN, .revents = 0}};
  (void)::poll(watched.data(), watched.size(), -1);
  return watched[0].revents != 0;
}

bool Peer::was_closed() const {
  return session_ && (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void Peer::cut() { ::shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace headwater::rethinkdb
