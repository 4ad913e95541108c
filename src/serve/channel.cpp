#include "src/serve/channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "src/base/openssl.h"

namespace headwater::serve {
namespace {

// Limit of what a client may send between two pieces of data: handshakes, KeyUpdate, parts of a
// record.
constexpr std::uint64_t most_bytes_without_data = 65'536;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

constexpr const char* unusable = "serve.bad_certificate";

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void Channel::Free::operator()(ssl_st* session) const { SSL_free(session); }

Result<TlsContext> TlsContext::load(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  std::unique_ptr<ssl_ctx_st, Free> context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // The bytes to send may have moved before the next try. Idle sessions keep no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // SSL_read() returns after each record, also one without data, so that others have their turn.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return fail(bad_certificate(unusable, certificate));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(bad_certificate(unusable, key));
  }
  return TlsContext(std::move(context));
}

Channel::Channel(Descriptor socket, const TlsContext* tls) : socket_(std::move(socket)) {
  if (tls == nullptr) return;
  session_.reset(SSL_new(tls->context_.get()));
  SSL_set_fd(session_.get(), socket_.get());
  SSL_set_accept_state(session_.get());
}

std::optional<std::size_t> Channel::receive(std::span<char> to) {
  if (session_) {
    ERR_clear_error();
    const auto size = after_tls(SSL_read(session_.get(), to.data(), openssl_length(to.size())));
    const std::uint64_t received = BIO_number_read(SSL_get_rbio(session_.get()));
    if (size && *size > 0) at_data_ = received;
    if (received - at_data_ > most_bytes_without_data) return std::nullopt;
    return size;
  }
  const ssize_t size = ::recv(socket(), to.data(), to.size(), 0);
  waits_for_ = POLLIN;
  if (size > 0) return static_cast<std::size_t>(size);
  if (size < 0 && would_block()) return 0;
  return std::nullopt;
}

std::optional<std::size_t> Channel::send(std::span<const iovec> pieces) {
  if (session_) {
    ERR_clear_error();
    const iovec& first = pieces.front();
    return after_tls(SSL_write(session_.get(), first.iov_base, openssl_length(first.iov_len)));
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const ssize_t size = ::sendmsg(socket(), &message, MSG_NOSIGNAL);
  waits_for_ = POLLOUT;
  if (size > 0) return static_cast<std::size_t>(size);
  if (size < 0 && would_block()) return 0;
  return std::nullopt;
}

std::optional<std::size_t> Channel::after_tls(int result) {
  if (result > 0) {
    shaken_ = true;
    return static_cast<std::size_t>(result);
  }
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      waits_for_ = POLLIN;
      return 0;
    case SSL_ERROR_WANT_WRITE:
      waits_for_ = POLLOUT;
      return 0;
    default:
      return std::nullopt;
  }
}

void Channel::finish() {
  // Only a whole session can be closed in an orderly way.
  if (session_ && shaken_) SSL_shutdown(session_.get());
  ERR_clear_error();
  ::shutdown(socket(), SHUT_WR);
}

}  // namespace headwater::serve
