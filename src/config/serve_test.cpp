#include "src/config/serve.h"

#include <gmock/gmock.h>

#include "src/config/testing.h"

namespace headwater::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* secret = "0123456789abcdef-secret";

TEST(ServeConfig, ServesThisMachineUnlessToldOtherwise) {
  Section section = section_of("{}");
  const ServeConfig serve = read_serve(section);
  EXPECT_EQ(complaint(section), "");
  EXPECT_EQ(serve.listen, "127.0.0.1:8080");
  EXPECT_EQ(serve.certificate, "");
  EXPECT_TRUE(serve.tokens.empty());
  EXPECT_EQ(serve.clients, 1'000U);
}

TEST(ServeConfig, ReadsEveryKey) {
  Section section = section_of(
      "listen: 0.0.0.0:443\n"
      "tls: { certificate: cert.pem, key: key.pem }\n"
      "tokens:\n"
      "  - { token: '${READ}', relays: [orders, stock] }\n"
      "  - { token: '${ALL}', relays: all, rights: consume }\n"
      "  - { token: '${REST}' }\n"
      "clients: 10\n"
      "client_buffer: 1MiB\n",
      {{"READ", secret}, {"ALL", std::string(secret) + "2"}, {"REST", std::string(secret) + "3"}});
  const ServeConfig serve = read_serve(section);
  EXPECT_EQ(complaint(section), "");
  EXPECT_EQ(serve.certificate, "cert.pem");
  EXPECT_EQ(serve.key, "key.pem");
  ASSERT_EQ(serve.tokens.size(), 3U);
  EXPECT_EQ(serve.tokens[0].token, secret);
  EXPECT_THAT(*serve.tokens[0].relays, ElementsAre("orders", "stock"));
  EXPECT_FALSE(serve.tokens[0].may_consume);
  EXPECT_FALSE(serve.tokens[1].relays);
  EXPECT_TRUE(serve.tokens[1].may_consume);
  EXPECT_FALSE(serve.tokens[2].relays);
  EXPECT_FALSE(serve.tokens[2].may_consume);
  EXPECT_EQ(serve.clients, 10U);
  EXPECT_EQ(serve.client_buffer, 1U << 20U);
}

std::string serve_complaint(const std::string& yaml) {
  Section section = section_of(yaml, {{"SHORT", "short-secret"}});
  static_cast<void>(read_serve(section));
  return complaint(section);
}

TEST(ServeConfig, NamesWhatIsWrong) {
  EXPECT_THAT(serve_complaint("listen: here"), HasSubstr("'listen' must be an address"));
  EXPECT_THAT(serve_complaint("tls: { key: key.pem }"), HasSubstr("missing key 'certificate'"));
  EXPECT_THAT(serve_complaint("tokens: []"), HasSubstr("'tokens' is empty"));
  EXPECT_THAT(serve_complaint("tokens: [ a ]"),
              HasSubstr("every entry of 'tokens' must be a mapping"));
  EXPECT_THAT(serve_complaint("tokens: { token: a }"), HasSubstr("'tokens' must be a list"));
  EXPECT_THAT(serve_complaint("tokens: [ { rights: read } ]"), HasSubstr("missing key 'token'"));
  EXPECT_THAT(serve_complaint("tokens: [ { token: 0123456789abcdef, right: read } ]"),
              HasSubstr("unknown key 'right' in tokens; did you mean 'rights'?"));
  EXPECT_THAT(serve_complaint("tokens: [ { token: 0123456789abcdef, rights: write } ]"),
              HasSubstr("'rights' in tokens cannot be 'write'"));
  EXPECT_THAT(serve_complaint("clients: 0"), HasSubstr("'clients'"));
  EXPECT_THAT(serve_complaint("client_buffer: 1KiB"), HasSubstr("between 16KiB and 1GiB"));
}

TEST(ServeConfig, NoErrorShowsAToken) {
  for (const char* token : {"'${SHORT}'", "short-secret", "'short secret with blanks'"}) {
    const std::string error = serve_complaint("tokens: [ { token: " + std::string(token) + " } ]");
    EXPECT_THAT(error, HasSubstr("must have at least 16 characters"));
    EXPECT_THAT(error, Not(HasSubstr("short")));
  }
}

}  // namespace
}  // namespace headwater::config
