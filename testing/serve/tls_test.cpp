// TLS, with OpenSSL's own client.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <memory>

#include "testing/rig/certificates.h"
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
  std::string heard = live.hear(2'000 * 1'200);
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
