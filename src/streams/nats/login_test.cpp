// Who may do what, and over what: users, passwords, tokens, TLS.
#include <optional>
#include <string>
#include <utility>

#include "src/streams/nats/test_stream.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {
namespace {

using rig::NatsServer;

Result<Tail> try_append(const std::string& url, Login login = {}, std::optional<Tls> tls = {}) {
  Options options;
  options.login = std::move(login);
  options.tls = std::move(tls);
  const auto stream = stream_at(url, options);
  auto prepared = stream->prepare("a");
  if (!prepared) return failed(prepared);
  auto writer = stream->writer("a");
  if (!writer) return failed(writer);
  return append(**writer, 2000);
}

void expect_refusal(const Result<Tail>& result, const std::string& name) {
  ASSERT_FALSE(result);
  expect_stop(result.error(), name);
  for (const char* secret : {"s3cret", "wr0ng"}) {
    EXPECT_EQ(result.error().message.find(secret), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().next.find(secret), std::string::npos) << result.error().next;
  }
}

void expect_success(const Result<Tail>& result) {
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->sequence % 2000, 0U);
}

/// What docs/nats.md lists for a relay.
const char* const rights =
    "authorization: { users: ["
    " { user: relay, password: s3cret, permissions: {"
    " publish: [ 'events.>', 'headwater.position.EVENTS', '$KV.HEADWATER_EVENTS.>',"
    " '$JS.API.INFO', '$JS.API.STREAM.INFO.*', '$JS.API.STREAM.CREATE.*',"
    " '$JS.API.STREAM.MSG.GET.*', '$JS.API.STREAM.MSG.DELETE.*', '$JS.API.CONSUMER.CREATE.>',"
    " '$JS.API.CONSUMER.DELETE.>', '$JS.API.DIRECT.GET.>', '$JS.FC.>' ],"
    " subscribe: [ '_INBOX.>' ] } },"
    " { user: nobody, password: s3cret, permissions: { publish: [ nothing ] } } ] }";

TEST(NatsLogin, TheRightsInTheDocumentationSuffice) {
  const NatsServer server({.lines = {rights}});
  expect_success(try_append(server.url(), {.user = "relay", .password = "s3cret"}));
  Options options;
  options.login = {.user = "relay", .password = "s3cret"};
  const auto stream = stream_at(server.url(), options);
  auto writer = stream->writer("a");
  ASSERT_TRUE((*writer)->tail());
  auto kept = (*writer)->maintain();
  ASSERT_TRUE(kept) << kept.error().message;
  auto reader = stream->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  auto events = (*reader)->read(1, {.count = 5, .bytes = 1U << 20U}, {}, {});
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(events->size(), 5U);
  auto noted = (*reader)->acknowledge("billing", 4);
  ASSERT_TRUE(noted) << noted.error().message;
  EXPECT_EQ((*reader)->acknowledged("billing").value().value_or(0), 4U);
  EXPECT_TRUE(stream->remove("a"));
}

TEST(NatsLogin, WrongPasswordsAreRefused) {
  const NatsServer server({.lines = {rights}});
  expect_refusal(try_append(server.url(), {.user = "relay", .password = "wr0ng"}),
                 "stream.unauthorized");
  expect_refusal(try_append(server.url()), "stream.unauthorized");
  const std::string within = "nats://relay:wr0ng@127.0.0.1:" + std::to_string(server.port());
  expect_refusal(try_append(within), "stream.unauthorized");
}

TEST(NatsLogin, MissingRightsAreNamed) {
  const NatsServer server({.lines = {rights}});
  expect_refusal(try_append(server.url(), {.user = "nobody", .password = "s3cret"}),
                 "stream.unauthorized");
}

TEST(NatsLogin, Tokens) {
  const NatsServer server({.lines = {"authorization: { token: s3cret }"}});
  expect_success(try_append(server.url(), {.token = "s3cret"}));
  expect_refusal(try_append(server.url(), {.token = "wr0ng"}), "stream.unauthorized");
}

TEST(NatsLogin, CredentialsThatAreNotThereAreNamed) {
  const NatsServer server;
  const auto refused = try_append(server.url(), {.credentials = "/nowhere.creds"});
  expect_refusal(refused, "stream.bad_login");
  EXPECT_NE(refused.error().message.find("/nowhere.creds"), std::string::npos)
      << refused.error().message;
}

TEST(NatsLogin, AServerWithoutJetStreamIsNamed) {
  const NatsServer server({.lines = {"jetstream: disabled"}});
  expect_refusal(try_append(server.url()), "stream.no_jetstream");
}

/// Nobody answers for JetStream at the moment: to a relay at work no reason to stop.
TEST(NatsLogin, AServerThatHasNoJetStreamYetIsRetried) {
  const NatsServer server;
  const NatsServer other({.lines = {"jetstream: disabled"}});
  rig::TcpProxy way(server.port());
  const std::string url = "nats://127.0.0.1:" + std::to_string(way.port());
  expect_success(try_append(url));
  const auto stream = stream_at(url);
  auto writer = stream->writer("a");
  auto reader = stream->reader();
  ASSERT_TRUE(writer && reader);
  way.set_target(other.port());
  way.cut();
  EXPECT_FALSE((*writer)->tail());
  EXPECT_FALSE((*reader)->range());
  way.restore();
  const auto names_it = [](const auto& answer) {
    EXPECT_FALSE(answer);
    if (answer) return true;
    EXPECT_EQ(answer.error().name, "stream.unavailable") << answer.error().message;
    EXPECT_EQ(answer.error().remedy, Remedy::retry);
    return answer.error().next.find("JetStream") != std::string::npos;
  };
  // Who asks at once may still meet with the cut.
  EXPECT_TRUE(rig::wait_until([&] { return names_it((*writer)->tail()); }));
  EXPECT_TRUE(rig::wait_until([&] { return names_it((*reader)->range()); }));
  EXPECT_TRUE(rig::wait_until([&] { return names_it(stream->writer("a")); }));
  find(stream->check("a"), Finding::Kind::problem, "JetStream");
}

class NatsTls : public ::testing::Test {
 protected:
  NatsServer server_{{.tls = true, .lines = {}}};
  const rig::Certificates& files_ = server_.certificates();
};

TEST_F(NatsTls, TheAuthorityIsTrusted) {
  expect_success(try_append(server_.url(), {}, Tls{.authority = files_.authority}));
}

TEST_F(NatsTls, AnUnknownAuthorityIsRefused) {
  expect_refusal(try_append(server_.url(), {}, Tls{}), "stream.untrusted");
  const rig::TemporaryFolder other;
  const auto strangers = rig::make_certificates(other.path());
  expect_refusal(try_append(server_.url(), {}, Tls{.authority = strangers.authority}),
                 "stream.untrusted");
}

TEST_F(NatsTls, AnotherHostsCertificateIsRefused) {
  const rig::NatsServer wide({.tls = true, .lines = {"host: 0.0.0.0"}});
  expect_refusal(try_append("tls://127.0.0.2:" + std::to_string(wide.port()), {},
                            Tls{.authority = wide.certificates().authority}),
                 "stream.untrusted");
}

/// The server's end, or its haste: no word on anybody's certificate.
TEST_F(NatsTls, AHandshakeThatIsCutShortIsRetried) {
  rig::TcpProxy way(server_.port());
  way.cut_after(100);
  const auto cut = try_append("tls://127.0.0.1:" + std::to_string(way.port()), {},
                              Tls{.authority = files_.authority});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().name, "stream.unavailable") << cut.error().message;
  EXPECT_EQ(cut.error().remedy, Remedy::retry);
  EXPECT_NE(cut.error().next.find("tls.ca"), std::string::npos) << cut.error().next;
}

TEST_F(NatsTls, FilesThatAreNotThereAreNamed) {
  const auto refused = try_append(server_.url(), {}, Tls{.authority = "/nowhere.crt"});
  expect_refusal(refused, "stream.bad_login");
  EXPECT_NE(refused.error().message.find("/nowhere.crt"), std::string::npos)
      << refused.error().message;
}

TEST_F(NatsTls, PlainAndTlsDoNotMix) {
  expect_refusal(try_append("nats://127.0.0.1:" + std::to_string(server_.port())),
                 "stream.untrusted");
  const NatsServer plain;
  expect_refusal(try_append("tls://127.0.0.1:" + std::to_string(plain.port()), {},
                            Tls{.authority = files_.authority}),
                 "stream.untrusted");
}

TEST(NatsTlsBoth, TheRelayShowsItsOwnCertificate) {
  const NatsServer server({.tls = true, .verify = true});
  const rig::Certificates& files = server.certificates();
  expect_success(try_append(
      server.url(), {},
      Tls{.authority = files.authority, .certificate = files.client, .key = files.client}));
  const auto refused = try_append(server.url(), {}, Tls{.authority = files.authority});
  ASSERT_FALSE(refused);
  // A server that ends a connection may also be ending itself.
  EXPECT_EQ(refused.error().remedy, Remedy::retry) << refused.error().message;
  EXPECT_NE(refused.error().next.find("tls.certificate"), std::string::npos)
      << refused.error().next;
}

}  // namespace
}  // namespace headwater::nats
