#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "src/rethinkdb/testing.h"
#include "testing/rig/certificates.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rethinkdb {
namespace {

using testing::HasSubstr;

class RethinkdbTls : public testing::Test {
 protected:
  [[nodiscard]] ConnectionOptions options(const WireServer& server) const {
    ConnectionOptions made = options_for(server.port());
    made.tls = network::TlsFiles{.authority = certificates_.authority};
    return made;
  }

  rig::TemporaryFolder folder_;
  rig::Certificates certificates_ = rig::make_certificates(folder_.path());
};

TEST_F(RethinkdbTls, AsksAndIsAnswered) {
  const WireServer server(after_login([](Peer& peer) {
                            while (peer.answer_next(R"({"t":1,"r":[1],"n":[]})")) continue;
                          }),
                          certificates_);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    ConnectionOptions with = options(server);
    with.server.host = host;
    const auto connection = connected(with);
    EXPECT_EQ(connection->ask("[5]", {})->one(), "1");
    EXPECT_EQ(connection->ask("[5]", {})->one(), "1");
  }
}

TEST_F(RethinkdbTls, TheClientSaysThatItCloses) {
  std::atomic<bool> said = false;
  {
    const WireServer server(
        [&](Peer& peer) {
          peer.log_in(test_accounts());
          peer.read_to_the_end();
          said = peer.was_closed();
        },
        certificates_);
    connected(options(server)).reset();
    EXPECT_TRUE(rig::wait_until([&] { return said.load(); }));
  }
}

TEST_F(RethinkdbTls, TrustsNobodyElse) {
  const WireServer server(after_login([](Peer&) {}), certificates_);
  ConnectionOptions without = options(server);
  without.tls = network::TlsFiles{};
  EXPECT_EQ(error_of_opening(without).name, "source.untrusted");
  const rig::TemporaryFolder other;
  ConnectionOptions others = options(server);
  others.tls->authority = rig::make_certificates(other.path()).authority;
  EXPECT_EQ(error_of_opening(others).name, "source.untrusted");
}

TEST_F(RethinkdbTls, ComparesTheServersName) {
  const std::string elsewhere = "127.0.0.2";
  const WireServer server(after_login([](Peer&) {}), certificates_, elsewhere);
  ConnectionOptions other_name = options(server);
  other_name.server.host = elsewhere;
  const Error error = error_of_opening(other_name);
  EXPECT_EQ(error.name, "source.untrusted");
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_THAT(error.message, HasSubstr("IP address mismatch"));
}

TEST_F(RethinkdbTls, BothSidesMustWantIt) {
  const WireServer plain(after_login([](Peer&) {}));
  const Error not_there = error_of_opening(options(plain));
  EXPECT_EQ(not_there.name, "source.untrusted");
  EXPECT_THAT(not_there.next, HasSubstr("tls"));
  const WireServer secured(after_login([](Peer&) {}), certificates_);
  const Error forgotten = error_of_opening(options_for(secured.port()));
  EXPECT_THAT(forgotten.next, HasSubstr("tls"));
}

TEST_F(RethinkdbTls, NamesTheFileThatIsUnusable) {
  const WireServer server(after_login([](Peer&) {}), certificates_);
  ConnectionOptions missing = options(server);
  missing.tls->authority = folder_ / "missing.pem";
  const Error error = error_of_opening(missing);
  EXPECT_EQ(error.name, "source.bad_certificate");
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_THAT(error.message, HasSubstr("missing.pem"));
}

}  // namespace
}  // namespace headwater::rethinkdb
