#include "src/network/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "src/base/openssl.h"

namespace headwater::network {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

Result<void> load_files(SSL_CTX* context, const TlsFiles& files) {
  const auto cannot = [](const std::string& path) {
    return fail(bad_certificate("network.bad_certificate", path));
  };
  if (files.authority.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, files.authority.c_str()) != 1) {
    return cannot(files.authority);
  }
  if (files.certificate.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return cannot(files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return cannot(files.key);
  }
  return {};
}

}  // namespace

Result<TlsSession> TlsSession::create(const std::string& host, const TlsFiles& files) {
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (auto loaded = load_files(context.get(), files); !loaded) {
    return failed(loaded);
  }
  std::unique_ptr<SSL, Free> session(SSL_new(context.get()));
  SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session.get());
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host.c_str());
  } else {
    SSL_set1_host(session.get(), host.c_str());
    // The macro for it has a cast of the old style.
    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             std::string(host).data());
  }
  return TlsSession(std::move(session));
}

Error TlsSession::failure(int result) const {
  const int kind = SSL_get_error(session_.get(), result);
  const long verified = SSL_get_verify_result(session_.get());
  Error error{.remedy = Remedy::stop, .name = "network.untrusted"};
  if (verified != X509_V_OK) {
    error.message = std::string("its certificate: ") + X509_verify_cert_error_string(verified);
  } else {
    error.message = kind == SSL_ERROR_SSL ? openssl_error() : "the session is broken";
  }
  return error;
}

Result<bool> TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return true;
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) return false;
  return fail(failure(result));
}

Result<void> TlsSession::encrypt(std::string_view plain) {
  ERR_clear_error();
  while (!plain.empty()) {
    const int written = SSL_write(session_.get(), plain.data(), openssl_length(plain.size()));
    if (written <= 0) return fail(failure(written));
    plain.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::optional<std::size_t>> TlsSession::decrypt(std::span<char> plain) {
  ERR_clear_error();
  const int got = SSL_read(session_.get(), plain.data(), openssl_length(plain.size()));
  if (got > 0) return static_cast<std::size_t>(got);
  switch (SSL_get_error(session_.get(), got)) {
    case SSL_ERROR_WANT_READ:
      return 0;
    case SSL_ERROR_ZERO_RETURN:
      return std::nullopt;
    default:
      return fail(failure(got));
  }
}

void TlsSession::arrived(std::string_view bytes) {
  // A memory BIO accepts all of it.
  BIO_write(SSL_get_rbio(session_.get()), bytes.data(), openssl_length(bytes.size()));
}

std::string TlsSession::outgoing() {
  BIO* const waiting = SSL_get_wbio(session_.get());
  std::string bytes(BIO_ctrl_pending(waiting), '\0');
  if (bytes.empty()) return bytes;
  const int got = BIO_read(waiting, bytes.data(), openssl_length(bytes.size()));
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

void TlsSession::close() {
  // Fails after a failure, when there is nothing to close.
  (void)SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace headwater::network
