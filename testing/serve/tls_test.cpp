// TLS, with OpenSSL's own client.
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>

#include "src/serve/channel.h"
#include "testing/rig/certificates.h"
#include "testing/rig/temporary_folder.h"
#include "testing/serve/served.h"

namespace headwater {
namespace {

using gateway::heard_in;
using serve_testing::Caller;
using testing::HasSubstr;

/// Blocks; trusts only the test's authority.
class TlsClient {
 public:
  TlsClient(int port, const std::string& authority) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    EXPECT_EQ(SSL_CTX_load_verify_file(context_.get(), authority.c_str()), 1);
    connection_.reset(BIO_new_ssl_connect(context_.get()));
    const std::string address = "127.0.0.1:" + std::to_string(port);
    BIO_set_conn_hostname(connection_.get(), address.c_str());
    connected_ = BIO_do_handshake(connection_.get()) == 1;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  void say(const std::string& words) const {
    EXPECT_EQ(BIO_write(connection_.get(), words.data(), static_cast<int>(words.size())),
              static_cast<int>(words.size()));
  }
  /// Until the other side closes, or there are `enough` bytes.
  [[nodiscard]] std::string hear(std::size_t enough = SIZE_MAX) const {
    std::string heard;
    std::string part(16'384, '\0');
    while (heard.size() < enough) {
      const int size = BIO_read(connection_.get(), part.data(), static_cast<int>(part.size()));
      if (size <= 0) break;
      heard.append(part.data(), static_cast<std::size_t>(size));
    }
    return heard;
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* connection) const { BIO_free_all(connection); }
  };
  std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<BIO, Free> connection_;
  bool connected_ = false;
};

/// Both ends in this process: the server's channel, and a client that has shaken hands with it.
class TlsPair : public testing::Test {
 protected:
  void SetUp() override {
    const auto certificates = rig::make_certificates(folder_.path());
    auto loaded = serve::TlsContext::load(certificates.server, certificates.server_key);
    ASSERT_TRUE(loaded) << loaded.error().message;
    tls_.emplace(*std::move(loaded));
  }
  /// `resumed`: the session of an earlier connection, or null.
  void connect(SSL_CTX* context, SSL_SESSION* resumed = nullptr) {
    std::array<int, 2> sockets{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()),
              0);
    server.emplace(Descriptor(sockets[0]), &*tls_);
    socket_ = Descriptor(sockets[1]);
    client.reset(SSL_new(context));
    SSL_set_fd(client.get(), socket_.get());
    if (resumed != nullptr) SSL_set_session(client.get(), resumed);
    int done = 0;
    for (int turns = 0; turns < 20 && done != 1; ++turns) {
      done = SSL_connect(client.get());
      EXPECT_EQ(server->receive(part_), 0U);
    }
    ASSERT_EQ(done, 1);
    EXPECT_EQ(server->receive(part_), 0U);
  }
  /// Sends records that have no data.
  void update_keys(int count) const {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
      ASSERT_EQ(SSL_do_handshake(client.get()), 1);
    }
  }
  [[nodiscard]] std::optional<std::size_t> receive() { return server->receive(part_); }

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
  std::optional<serve::Channel> server;
  std::unique_ptr<SSL, Free> client;

 private:
  rig::TemporaryFolder folder_;
  std::optional<serve::TlsContext> tls_;
  Descriptor socket_;
  std::array<char, 8192> part_{};
};

TEST_F(TlsPair, OneCallReceivesOneRecord) {
  connect(context.get());
  update_keys(20);
  ASSERT_EQ(SSL_write(client.get(), "x", 1), 1);
  int calls = 1;
  while (receive() == 0U && calls < 100) ++calls;
  EXPECT_EQ(calls, 21);
}

TEST_F(TlsPair, RecordsWithoutDataAreBounded) {
  connect(context.get());
  bool open = true;
  // 27 bytes each.
  for (int i = 0; i < 4'000 && open; ++i) {
    update_keys(1);
    open = receive().has_value();
  }
  EXPECT_FALSE(open);
}

TEST_F(TlsPair, ManyRecordsWithDataAreNot) {
  connect(context.get());
  for (int i = 0; i < 4'000; ++i) {
    update_keys(1);
    ASSERT_EQ(SSL_write(client.get(), "x", 1), 1);
    ASSERT_EQ(receive(), 0U);
    ASSERT_EQ(receive(), 1U);
  }
}

TEST_F(TlsPair, NoSessionsAreKept) {
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  connect(context.get());
  ASSERT_EQ(SSL_write(client.get(), "x", 1), 1);
  ASSERT_EQ(receive(), 1U);
  // A session that was not closed in order is never kept.
  server->finish();
  SSL_shutdown(client.get());
  const std::unique_ptr<SSL_SESSION, Free> first(SSL_get1_session(client.get()));
  connect(context.get(), first.get());
  EXPECT_EQ(SSL_session_reused(client.get()), 0);
}

TEST(ServeTls, ServesItAndNothingElse) {
  Served served;
  const auto certificates = rig::make_certificates(served.folder().path());
  served.configure(", tls: { certificate: " + certificates.server + ", key: " +
                   certificates.server_key + " }, tokens: [ { token: " + reader_token + " } ]");
  served.prepare();
  served.append(2'000, 1'000);
  served.start();
  EXPECT_THAT(served.process().errors(), HasSubstr("streams at https://127.0.0.1:"));

  // Neither a client without TLS nor one in the middle of a handshake delays others.
  Caller silent(served.port());
  Caller half(served.port());
  EXPECT_TRUE(half.say(std::string("\x16\x03\x01\x02\x00\x01\x00", 7)));
  Caller plain(served.port());
  EXPECT_TRUE(plain.say("GET /streams HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(plain.hear(), testing::Not(HasSubstr("streams\"")));

  const TlsClient page(served.port(), certificates.authority);
  ASSERT_TRUE(page.connected());
  // Two requests on one connection, the second before the answer to the first.
  page.say("GET /streams HTTP/1.1\r\nHost: localhost\r\n" + bearer(reader_token) +
           "\r\nGET /streams/orders/events?limit=2 HTTP/1.1\r\nHost: localhost\r\n"
           "Connection: close\r\n" +
           bearer(reader_token) + "\r\n");
  const std::string both = page.hear();
  EXPECT_THAT(both, HasSubstr("\"relay\":\"orders\""));
  EXPECT_THAT(both, HasSubstr("\"next\":3,"));

  const TlsClient live(served.port(), certificates.authority);
  live.say("GET " + std::string(live_from_earliest) + " HTTP/1.1\r\nHost: localhost\r\n" +
           bearer(reader_token) + "\r\n");
  std::string heard = live.hear(std::size_t{2'000} * 1'200);
  while (heard.find("\nid: 2000\n") == std::string::npos) {
    const std::string more = live.hear(1);
    ASSERT_FALSE(more.empty());
    heard += more;
  }
  served.append(1);
  EXPECT_THAT(live.hear(50), HasSubstr("id: 2001\n"));

  const TlsClient wrong(served.port(), certificates.authority);
  wrong.say("GET /streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(heard_in(wrong.hear()).status, 401);
}

}  // namespace
}  // namespace headwater
