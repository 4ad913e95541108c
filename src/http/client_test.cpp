#include "src/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "src/base/descriptor.h"
#include "testing/rig/certificates.h"
#include "testing/rig/loopback.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/waiting.h"

namespace headwater::http {
namespace {

using testing::HasSubstr;

constexpr Milliseconds long_enough{30'000};

/// Answers POST /echo with what it got, and POST /connection with the client's port.
class EchoServer {
 public:
  explicit EchoServer(std::unique_ptr<httplib::Server> server = std::make_unique<httplib::Server>(),
                      const std::string& host = "127.0.0.1")
      : server_(std::move(server)) {
    server_->Post("/echo", [](const httplib::Request& asked, httplib::Response& answer) {
      answer.set_content(asked.get_header_value("Authorization") + " " + asked.body, "text/plain");
    });
    server_->Post("/connection", [](const httplib::Request& asked, httplib::Response& answer) {
      answer.set_content(std::to_string(asked.remote_port), "text/plain");
    });
    server_->Post("/refused", [](const httplib::Request&, httplib::Response& answer) {
      answer.status = 401;
      answer.set_content("no", "text/plain");
    });
    port_ = server_->bind_to_any_port(host);
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    // Until then, it cannot be stopped.
    EXPECT_TRUE(rig::wait_until([this] { return server_->is_running(); }));
  }
  ~EchoServer() {
    server_->stop();
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  [[nodiscard]] std::string address(const std::string& host = "127.0.0.1") const {
    return host + ":" + std::to_string(port_);
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

Client client_of(const std::string& address, const std::optional<Tls>& tls = std::nullopt,
                 Milliseconds patience = long_enough) {
  auto client = Client::create(address, tls, patience);
  if (!client) throw std::runtime_error(client.error().message);
  return *std::move(client);
}

TEST(HttpClient, PostsABodyAndHeaders) {
  const EchoServer server;
  auto client = client_of(server.address());
  const auto answer = client.post("/echo", {{"Authorization", "token"}}, R"({"a":1})", {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"(token {"a":1})");
  EXPECT_EQ(client.post("/refused", {}, "", {})->status, 401);
}

TEST(HttpClient, KeepsItsConnection) {
  const EchoServer server;
  auto client = client_of(server.address());
  const auto first = client.post("/connection", {}, "{}", {});
  ASSERT_TRUE(first) << first.error().message;
  const auto second = client.post("/connection", {}, "{}", {});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->body, second->body);
}

TEST(HttpClient, ConnectsAgain) {
  const EchoServer server;
  rig::TcpProxy proxy(server.port());
  auto client = client_of("127.0.0.1:" + std::to_string(proxy.port()));
  ASSERT_TRUE(client.post("/echo", {}, "{}", {}));
  proxy.cut();
  const auto nobody = client.post("/echo", {}, "{}", {});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().name, "http.no_answer");
  EXPECT_EQ(nobody.error().remedy, Remedy::retry);
  proxy.restore();
  // The proxy may still be at the cut.
  EXPECT_TRUE(rig::wait_until([&] { return client.post("/echo", {}, "{}", {}).has_value(); }));
}

/// A socket that is listened at, and that nobody accepts from.
struct Silent {
  Silent() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place = rig::loopback(0);
    socklen_t size = sizeof place;
    EXPECT_EQ(::bind(socket.get(), rig::generic(&place), size), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    EXPECT_EQ(::getsockname(socket.get(), rig::generic(&place), &size), 0);
    address = "127.0.0.1:" + std::to_string(ntohs(place.sin_port));
  }
  Descriptor socket;
  std::string address;
};

/// etcd's gateway sends its errors so.
TEST(HttpClient, ReadsAnAnswerWithATrailer) {
  const Silent raw;
  auto client = client_of(raw.address);
  const std::jthread other([&] {
    const Descriptor accepted(::accept4(raw.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::string_view answer =
        "HTTP/1.1 403 Forbidden\r\nTrailer: More\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nno\r\n0\r\nMore: x\r\n\r\n";
    EXPECT_GT(::send(accepted.get(), answer.data(), answer.size(), MSG_NOSIGNAL), 0);
    char byte = 0;
    while (::recv(accepted.get(), &byte, 1, 0) > 0) continue;  // until the client has closed it
  });
  const auto answer = client.post("/", {}, "{}", {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "no");
}

/// The error of a request that is stopped once its first byte has arrived.
Error error_of_stopped(const std::optional<Tls>& tls) {
  const Silent silent;
  auto client = client_of(silent.address, tls, Milliseconds(3'600'000));
  std::stop_source stop;
  const std::jthread other([&] {
    const Descriptor accepted(::accept4(silent.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char byte = 0;
    EXPECT_EQ(::recv(accepted.get(), &byte, 1, 0), 1);
    stop.request_stop();
    while (::recv(accepted.get(), &byte, 1, 0) > 0) continue;  // until the client has closed it
  });
  const auto answer = client.post("/echo", {}, "{}", stop.get_token());
  return answer ? Error{} : answer.error();
}

TEST(HttpClient, AStopEndsTheWaiting) { EXPECT_EQ(error_of_stopped({}).name, "http.stopped"); }
TEST(HttpClient, AStopEndsTheHandshake) { EXPECT_EQ(error_of_stopped(Tls{}).name, "http.stopped"); }

TEST(HttpClient, AfterAStopItIsUsable) {
  const EchoServer server;
  auto client = client_of(server.address());
  ASSERT_TRUE(client.post("/echo", {}, "{}", {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(client.post("/echo", {}, "{}", stop.get_token()).error().name, "http.stopped");
  EXPECT_TRUE(client.post("/echo", {}, "{}", {}));
}

class HttpTls : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<httplib::Server> server(bool wants_certificates) const {
    return std::make_unique<httplib::SSLServer>(
        certificates_.server.c_str(), certificates_.server_key.c_str(),
        wants_certificates ? certificates_.authority.c_str() : nullptr);
  }
  [[nodiscard]] static Error error_of(const std::string& address, const Tls& tls) {
    auto client = Client::create(address, tls, long_enough);
    if (!client) return client.error();
    auto answer = client->post("/echo", {}, "{}", {});
    return answer ? Error{.name = "none"} : answer.error();
  }

  rig::TemporaryFolder folder_;
  rig::Certificates certificates_ = rig::make_certificates(folder_.path());
};

TEST_F(HttpTls, TrustsTheAuthority) {
  const EchoServer secured(server(false));
  for (const char* host : {"127.0.0.1", "localhost"}) {
    auto client = client_of(secured.address(host), Tls{.authority = certificates_.authority});
    const auto first = client.post("/connection", {}, "{}", {});
    ASSERT_TRUE(first) << first.error().message;
    const auto second = client.post("/connection", {}, "{}", {});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(first->body, second->body);
  }
}

TEST_F(HttpTls, TrustsNobodyElse) {
  const EchoServer secured(server(false));
  EXPECT_EQ(error_of(secured.address(), {}).name, "http.untrusted");
  const rig::TemporaryFolder other;
  const auto others = rig::make_certificates(other.path());
  const Error error = error_of(secured.address(), {.authority = others.authority});
  EXPECT_EQ(error.name, "http.untrusted");
  EXPECT_THAT(error.message, HasSubstr("certificate"));
}

TEST_F(HttpTls, ComparesTheServersName) {
  const EchoServer secured(server(false), "127.0.0.2");
  const Error error =
      error_of(secured.address("127.0.0.2"), {.authority = certificates_.authority});
  EXPECT_EQ(error.name, "http.untrusted");
  EXPECT_THAT(error.message, HasSubstr("IP address mismatch"));
}

TEST_F(HttpTls, ShowsItsCertificate) {
  const EchoServer secured(server(true));
  const Tls with{.authority = certificates_.authority,
                 .certificate = certificates_.client,
                 .key = certificates_.client};
  auto client = client_of(secured.address(), with);
  const auto answer = client.post("/echo", {}, "{}", {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(error_of(secured.address(), {.authority = certificates_.authority}).name,
            "http.no_answer");
}

TEST_F(HttpTls, NamesTheFileThatIsUnusable) {
  rig::write_file(folder_ / "broken.pem", "no certificate");
  const Error authority = error_of("127.0.0.1:1", {.authority = folder_ / "missing.pem"});
  EXPECT_EQ(authority.name, "http.bad_certificate");
  EXPECT_THAT(authority.message, HasSubstr("missing.pem"));
  const Error certificate = error_of(
      "127.0.0.1:1", {.certificate = folder_ / "broken.pem", .key = certificates_.server_key});
  EXPECT_THAT(certificate.message, HasSubstr("broken.pem"));
  const Error key = error_of(
      "127.0.0.1:1", {.certificate = certificates_.client, .key = certificates_.server_key});
  EXPECT_THAT(key.message, HasSubstr("server.key"));
}

}  // namespace
}  // namespace headwater::http
