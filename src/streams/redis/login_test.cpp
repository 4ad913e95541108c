// Users, passwords, permissions and TLS.
#include <sstream>
#include <string>

#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

using ::headwater::rig::RedisServer;

std::string url_of(const RedisServer& server, const std::string& login) {
  return "redis://" + login + "@" + server.host();
}

void expect_refusal(const Error& error, const std::string& secret) {
  EXPECT_EQ(error.name, "stream.unauthorized") << error.message;
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_EQ(error.origin, Origin::stream);
  EXPECT_FALSE(error.next.empty());
  EXPECT_EQ(error.message.find(secret), std::string::npos) << error.message;
}

/// The permissions that docs/redis.md lists for a relay.
const char* const permissions =
    "+eval +xadd +xinfo|stream +xrange +xread +xtrim +xlen +exists +pttl +hget +hmget +hgetall "
    "+hvals +hset +hdel +wait +info +config|get";

class RedisLogin : public RedisTest {
 protected:
  RedisLogin() {
    std::vector<std::string> words{
        "ACL", "SETUSER", "relay", "on", ">s3cret", "~events", "~{events}:headwater*"};
    std::istringstream list(permissions);
    for (std::string right; list >> right;) words.push_back(right);
    EXPECT_EQ(server_.text(words), "OK");
    EXPECT_EQ(server_.text({"ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+@read"}), "OK");
    server_.set("requirepass", "the whale");
  }
};

TEST_F(RedisLogin, TheRightsInTheDocumentationSuffice) {
  Options options;
  options.retention.length = 2;
  const auto stream = stream_at(url_of(server_, "relay:s3cret"), options);
  auto prepared = stream->prepare("a");
  ASSERT_TRUE(prepared) << prepared.error().message;
  auto writer = stream->writer("a");
  ASSERT_TRUE(writer) << writer.error().message;
  auto appended = append(**writer, 5);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_TRUE((*writer)->room()->history);
  auto kept = (*writer)->maintain();
  ASSERT_TRUE(kept) << kept.error().message;
  auto reader = stream->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->range()->first, 4U);
  EXPECT_EQ((*reader)->read(1, {.count = 9, .bytes = 1U << 20U}, {}, {})->size(), 2U);
  EXPECT_TRUE((*reader)->acknowledge("billing", 4));
  EXPECT_EQ((*reader)->acknowledged("billing").value().value_or(0), 4U);
  for (const Finding& finding : stream->check("a")) {
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  }
  EXPECT_TRUE(stream->remove("a"));
}

TEST_F(RedisLogin, WrongPasswordsAreRefused) {
  for (const char* login : {"relay:wr0ng", "nobody:wr0ng", ":wr0ng"}) {
    auto writer = stream_at(url_of(server_, login))->writer("a");
    ASSERT_FALSE(writer);
    expect_refusal(writer.error(), "wr0ng");
  }
  auto anonymous = stream()->writer("a");
  ASSERT_FALSE(anonymous);
  expect_refusal(anonymous.error(), "whale");
  const Report report = stream_at(url_of(server_, "relay:wr0ng"))->check("a");
  find(report, Finding::Kind::problem, "WRONGPASS");
}

/// A missing permission is found before anything is written.
TEST_F(RedisLogin, MissingRightsWriteNothing) {
  const std::string url = url_of(server_, "relay:s3cret");
  auto writer = stream_at(url)->writer("a");
  ASSERT_TRUE(writer);
  ASSERT_TRUE(append(**writer, 2));
  const RedisServer& server = server_;
  ASSERT_EQ(server.text({"AUTH", "the whale"}), "OK");
  for (const char* right : {"hset", "xadd", "eval", "hmget"}) {
    ASSERT_EQ(server.text({"ACL", "SETUSER", "relay", std::string("-") + right}), "OK");
    auto refused = append(**writer, 1);
    ASSERT_FALSE(refused) << right;
    expect_refusal(refused.error(), "s3cret");
    ASSERT_EQ(server.text({"ACL", "SETUSER", "relay", std::string("+") + right}), "OK");
  }
  EXPECT_EQ(ids_at(server), sample_ids(2));
  auto again = append(**writer, 1);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ids_at(server), sample_ids(3));
}

/// The history needs no right that an append does not need.
TEST_F(RedisLogin, WithoutTheRightToReadSettingsTheMemoryIsUnknown) {
  auto writer = stream_at(url_of(server_, "relay:s3cret"))->writer("a");
  ASSERT_TRUE(append(**writer, 2));
  ASSERT_EQ(server_.text({"AUTH", "the whale"}), "OK");
  server_.set("maxmemory", "100000000");
  EXPECT_TRUE((*writer)->room()->bytes);
  ASSERT_EQ(server_.text({"ACL", "SETUSER", "relay", "-info"}), "OK");
  const auto room = (*writer)->room();
  ASSERT_TRUE(room) << room.error().message;
  EXPECT_TRUE(room->history);
  EXPECT_EQ(room->bytes, std::nullopt);
}

TEST_F(RedisLogin, ANumberedDatabaseNeedsOneRightMore) {
  const auto stream = stream_at(url_of(server_, "relay:s3cret") + "/1");
  auto prepared = stream->prepare("a");
  ASSERT_FALSE(prepared);
  expect_refusal(prepared.error(), "s3cret");
  ASSERT_EQ(server_.text({"AUTH", "the whale"}), "OK");
  ASSERT_EQ(server_.text({"ACL", "SETUSER", "relay", "+select"}), "OK");
  prepared = stream->prepare("a");
  ASSERT_TRUE(prepared) << prepared.error().message;
  auto appended = append(**stream->writer("a"), 2);
  EXPECT_TRUE(appended) << appended.error().message;
}

TEST_F(RedisLogin, AUserWhoMayOnlyReadReads) {
  ASSERT_EQ(server_.text({"AUTH", "the whale"}), "OK");
  auto writer = stream_at(url_of(server_, "relay:s3cret"))->writer("a");
  ASSERT_TRUE(append(**writer, 2));
  auto reader = stream_at(url_of(server_, "reader:s3cret"))->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->read(1, {.count = 9, .bytes = 1U << 20U}, {}, {})->size(), 2U);
  auto refused = (*reader)->acknowledge("billing", 1);
  ASSERT_FALSE(refused);
  expect_refusal(refused.error(), "s3cret");
}

TEST_F(RedisTest, APasswordWhereThereIsNoneIsNamed) {
  auto writer = stream_at(url_of(server_, ":s3cret"))->writer("a");
  ASSERT_FALSE(writer);
  expect_refusal(writer.error(), "s3cret");
}

/// "unknown command 'AUTH', with args beginning with: 'relay' 's3cret'".
TEST(RedisAuth, AServerThatRepeatsThePasswordIsNotQuoted) {
  const RedisServer server({.lines = {"rename-command AUTH \"\""}});
  const auto stream = stream_at(url_of(server, "relay:s3cret"));
  auto writer = stream->writer("a");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().name, "stream.refused");
  EXPECT_EQ(writer.error().message.find("s3cret"), std::string::npos) << writer.error().message;
  EXPECT_FALSE(writer.error().next.empty());
  const Report report = stream->check("a");
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].what.find("s3cret"), std::string::npos) << report[0].what;
}

class RedisTls : public ::testing::Test {
 protected:
  [[nodiscard]] static Result<Tail> try_append(const std::string& url, const Tls& tls) {
    static const SystemClock clock;
    Options options;
    options.server = parse_url(url).value();
    options.server.tls = tls;
    const auto stream = make_stream(options, clock);
    auto prepared = stream->prepare("a");
    if (!prepared) return failed(prepared);
    auto writer = stream->writer("a");
    if (!writer) return failed(writer);
    return append(**writer, 2000);
  }
  static void expect_distrust(const Result<Tail>& result, const std::string& words) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().name, "stream.untrusted") << result.error().message;
    EXPECT_EQ(result.error().remedy, Remedy::stop);
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
    EXPECT_FALSE(result.error().next.empty());
  }

  RedisServer server_{{.tls = true, .lines = {"bind 127.0.0.1 127.0.0.2"}}};
  const rig::Certificates& files_ = server_.certificates();
};

TEST_F(RedisTls, BothSidesShowTheirCertificates) {
  const Tls tls{.authority = files_.authority, .certificate = files_.client, .key = files_.client};
  auto appended = try_append(server_.url(), tls);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->sequence, 2000U);
  appended = try_append("rediss://localhost:" + std::to_string(server_.port()), tls);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->sequence, 4000U);
}

TEST_F(RedisTls, AnUnknownAuthorityIsRefused) {
  expect_distrust(try_append(server_.url(), {}), "certificate");
  const rig::TemporaryFolder other;
  const auto strangers = rig::make_certificates(other.path());
  expect_distrust(try_append(server_.url(), {.authority = strangers.authority}), "certificate");
}

TEST_F(RedisTls, AnotherHostsCertificateIsRefused) {
  const Tls tls{.authority = files_.authority, .certificate = files_.client, .key = files_.client};
  expect_distrust(try_append("rediss://127.0.0.2:" + std::to_string(server_.port()), tls),
                  "IP address");
}

TEST_F(RedisTls, WithoutACertificateOfItsOwnTheServerRefuses) {
  expect_distrust(try_append(server_.url(), {.authority = files_.authority}), "certificate");
}

TEST_F(RedisTls, AFileThatIsNotThereIsNamed) {
  expect_distrust(try_append(server_.url(), {.authority = "/nowhere.crt"}), "/nowhere.crt");
}

TEST_F(RedisTls, PlainAndTlsDoNotMix) {
  const std::string port = std::to_string(server_.port());
  auto plain = stream_at("redis://127.0.0.1:" + port)->prepare("a");
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().name, "stream.unavailable") << plain.error().message;
  const RedisServer other;
  const auto silent = try_append("rediss://" + other.host(), {.authority = files_.authority});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().name, "stream.unavailable");
  EXPECT_NE(silent.error().message.find("asked to speak TLS"), std::string::npos);
}

}  // namespace
}  // namespace headwater::redis
