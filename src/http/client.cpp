#include "src/http/client.h"

#include <fcntl.h>
#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "src/base/descriptor.h"
#include "src/base/no_pipe_signal.h"
#include "src/base/number_in.h"
#include "src/base/openssl.h"

namespace headwater::http {
namespace {

/// Ends a request from another thread, at whatever step it is. httplib's own stop() waits until the
/// connection stands.
class Interrupt {
 public:
  /// Called for each new socket, before it connects. Shutting down this second descriptor is safe
  /// even if httplib has closed its own, whose number may belong to somebody else by then.
  void watch(int socket) {
    const std::scoped_lock lock(mutex_);
    socket_ = Descriptor(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (interrupted_) ::shutdown(socket_.get(), SHUT_RDWR);
  }
  void begin() {
    const std::scoped_lock lock(mutex_);
    interrupted_ = false;
  }
  void interrupt() {
    const std::scoped_lock lock(mutex_);
    interrupted_ = true;
    if (socket_.is_open()) ::shutdown(socket_.get(), SHUT_RDWR);
  }

 private:
  std::mutex mutex_;  // guards the others
  Descriptor socket_;
  bool interrupted_ = false;
};

std::string in_words(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "nobody listens there";
    case httplib::Error::ConnectionTimeout:
      return "the connection was not accepted in time";
    case httplib::Error::Read:
      return "the answer did not come in time, or is not HTTP";
    case httplib::Error::Write:
      return "the connection was closed while the request was sent";
    case httplib::Error::Canceled:
      return "the answer is too large";
    case httplib::Error::SSLConnection:
      return "the TLS handshake failed";
    default:
      return httplib::to_string(error);
  }
}

/// OpenSSL's first error, which is the cause of the others; empty if there is none.
std::string tls_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  std::string text = reason == nullptr ? "" : std::string(": ") + reason;
  ERR_clear_error();
  return text;
}

constexpr const char* unusable = "http.bad_certificate";

/// Fails now if the authority's file is unusable; httplib reads it with the first request.
Result<void> try_authority(const std::string& path) {
  struct Free {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  if (X509_STORE_load_file(store.get(), path.c_str()) != 1)
    return fail(bad_certificate(unusable, path));
  return {};
}

struct Place {
  std::string host;
  int port = 0;
};

/// "[::1]:2379" → "::1", 2379.
Place place_of(std::string_view address) {
  const auto colon = std::min(address.rfind(':'), address.size());
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {.host = std::string(host),
          .port = static_cast<int>(number_in(address.substr(std::min(colon + 1, address.size()))))};
}

Result<void> set_up_tls(httplib::SSLClient& client, const std::string& host, const Tls& tls) {
  ERR_clear_error();
  SSL_CTX* const context = client.ssl_context();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // httplib compares names, too, but also accepts a common name, and its errors do not say why.
  X509_VERIFY_PARAM* const checked = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(checked, host.c_str()) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set1_host(checked, host.c_str(), host.size());
  }
  if (!tls.authority.empty()) {
    if (auto usable = try_authority(tls.authority); !usable) return usable;
    client.set_ca_cert_path(tls.authority);
  }
  if (tls.certificate.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, tls.certificate.c_str()) != 1) {
    return fail(bad_certificate(unusable, tls.certificate));
  }
  if (SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(bad_certificate(unusable, tls.key));
  }
  return {};
}

}  // namespace

struct Client::Connection {
  Connection(std::string at, std::unique_ptr<httplib::ClientImpl> made, Milliseconds patience)
      : url(std::move(at)), client(std::move(made)) {
    client->set_connection_timeout(patience);
    client->set_read_timeout(patience);
    client->set_write_timeout(patience);
    client->set_keep_alive(true);
    // Otherwise the small pieces of a request wait for each other's acknowledgement.
    client->set_tcp_nodelay(true);
    client->set_socket_options([this](int socket) { interrupt.watch(socket); });
  }

  [[nodiscard]] tl::unexpected<HeldError> failure(const std::string& path, httplib::Error error,
                                                  const std::stop_token& stop) {
    Error why{.remedy = Remedy::retry,
              .name = "http.no_answer",
              .message = "no answer from " + url + path + ": " + in_words(error)};
    const std::string reason = tls_reason();
    if (stop.stop_requested()) {
      why.name = "http.stopped";
      why.message = "a stop was requested while the answer of " + url + " was awaited";
    } else if (error == httplib::Error::SSLServerVerification) {
      why.name = "http.untrusted";
      const auto& secured = static_cast<const httplib::SSLClient&>(*client);
      why.message = url + " is not trusted: its certificate: " +
                    X509_verify_cert_error_string(secured.get_openssl_verify_result());
    } else {
      why.message += reason;
    }
    return fail(std::move(why));
  }

  Result<Answer> send(httplib::Request request, const Headers& headers,
                      const std::stop_token& stop) {
    for (const auto& [name, value] : headers) request.headers.emplace(name, value);
    Answer answer;
    request.content_receiver = [&](const char* part, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
      answer.body.append(part, size);
      return answer.body.size() <= largest_answer;
    };
    const std::string path = request.path;
    interrupt.begin();
    const std::stop_callback on_stop(stop, [this] { interrupt.interrupt(); });
    if (stop.stop_requested()) return failure(path, httplib::Error::Canceled, stop);
    const NoPipeSignal no_signal;
    ERR_clear_error();
    httplib::Response response;
    auto error = httplib::Error::Success;
    const bool sent = client->send(request, response, error);
    if (!sent && !is_whole(response, error)) return failure(path, error, stop);
    answer.status = response.status;
    return answer;
  }

  /// This version of httplib reads an answer with a trailer, and then fails because of the trailer.
  [[nodiscard]] static bool is_whole(const httplib::Response& response, httplib::Error error) {
    return error == httplib::Error::Read && response.has_header("Trailer");
  }

  std::string url;
  Interrupt interrupt;
  std::unique_ptr<httplib::ClientImpl> client;
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::create(const std::string& address, const std::optional<Tls>& tls,
                              Milliseconds patience) {
  const Place place = place_of(address);
  if (!tls) {
    auto plain = std::make_unique<httplib::ClientImpl>(place.host, place.port);
    return Client(std::make_unique<Connection>("http://" + address, std::move(plain), patience));
  }
  auto secured = std::make_unique<httplib::SSLClient>(place.host, place.port);
  if (auto ready = set_up_tls(*secured, place.host, *tls); !ready) return failed(ready);
  return Client(std::make_unique<Connection>("https://" + address, std::move(secured), patience));
}

Result<Answer> Client::get(const std::string& path, const Headers& headers, std::stop_token stop) {
  httplib::Request request;
  request.method = "GET";
  request.path = path;
  return connection_->send(std::move(request), headers, stop);
}

Result<Answer> Client::post(const std::string& path, const Headers& headers,
                            const std::string& body, std::stop_token stop) {
  httplib::Request request;
  request.method = "POST";
  request.path = path;
  request.body = body;
  return connection_->send(std::move(request), headers, stop);
}

}  // namespace headwater::http
