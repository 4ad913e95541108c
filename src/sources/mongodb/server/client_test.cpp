// Connections to real servers.
#include "src/sources/mongodb/server/client.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "testing/mongodb/programs.h"
#include "testing/mongodb/replica_set.h"
#include "testing/rig/waiting.h"

namespace headwater::mongodb {
namespace {

TEST(MongoConnection, APoolThatTheUriMakesSmallKeepsNobodyWaiting) {
  auto pool = Pool::make("mongodb://127.0.0.1:1/?maxPoolSize=1", Pool::Use::lasting);
  ASSERT_TRUE(pool);
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < 5; ++i) connections.push_back(std::make_unique<Connection>(**pool));
}

TEST(MongoUri, NamesTheFilesOfItsOptions) {
  EXPECT_EQ(files_of("mongodb://u:${PW}@h/?tlsCAFile=%2Fetc%2Fca%20one.pem&tls=true&"
                     "TLSCertificateKeyFile=own.pem"),
            (std::vector<std::string>{"/etc/ca one.pem", "own.pem"}));
  EXPECT_TRUE(files_of("mongodb://h/tlsCAFile=no").empty());
  EXPECT_TRUE(files_of("${MONGODB_URI}").empty());
}

/// It stays up, and would answer for ever.
TEST(MongoConnection, AMemberThatIsPrimaryNoMoreIsLeft) {
  if (!rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
  rig::MongoReplicaSet set;
  auto pool = Pool::make(set.uri(), Pool::Use::lasting);
  ASSERT_TRUE(pool);
  Connection connection(**pool);
  const auto primary = [&connection] {
    const auto facts = connection.facts();
    return facts && facts->primary;
  };
  ASSERT_TRUE(rig::wait_until(primary));
  set.elect_another();
  EXPECT_TRUE(rig::wait_until(primary));
}

}  // namespace
}  // namespace headwater::mongodb
