// Requests to one HTTP server, over one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::http {

struct Answer {
  int status = 0;
  std::string body;
};

/// An answer is not larger than this.
inline constexpr std::size_t largest_answer = std::size_t{16} << 20U;

/// Paths of PEM files; each may be empty.
struct Tls {
  std::string authority{};    ///< Who signed the server's certificate; empty: the system's list.
  std::string certificate{};  ///< The client's own; others of its chain may follow it.
  std::string key{};
};

/// Names and values; neither may have a line break.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Keeps its connection open between requests, and connects again when it is broken. One thread.
///
/// Requests block for `patience` at the most for each step: to connect, to shake hands, to send and
/// to hear more. They end early when `stop` is requested. They fail with retry: `http.no_answer`,
/// `http.untrusted` (TLS: the server's certificate is not for this address, or not from the
/// authority), `http.stopped`. The server may or may not have done what was asked. The origin and
/// `next` are the caller's affair. An answer that announces a trailer may be cut short: look whether
/// its body is whole.
class Client {
 public:
  /// `address`: "host:port", "[::1]:port". Speaks TLS if `tls` is there. Reads its files, and
  /// connects with the first request. Fails with stop, `http.bad_certificate`.
  static Result<Client> create(const std::string& address, const std::optional<Tls>& tls,
                               Milliseconds patience);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  Result<Answer> get(const std::string& path, const Headers& headers, std::stop_token stop);
  Result<Answer> post(const std::string& path, const Headers& headers, const std::string& body,
                      std::stop_token stop);

 private:
  struct Connection;
  explicit Client(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace headwater::http
