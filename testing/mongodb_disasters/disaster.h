// What the disasters share: each runs on SecantusDB, and on a real mongod where there is one.
#pragma once

#include <gtest/gtest.h>

#include "testing/disasters/long_run.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"
#include "testing/mongodb_disasters/pipeline.h"
#include "testing/mongodb_disasters/writers.h"

namespace headwater::rig {

constexpr int usage_error = 2;
constexpr int source_error = 3;
constexpr Exit killed{.code = 0, .signal = 9};

inline const char* name_of(MongoKind kind) {
  return kind == MongoKind::secantus ? "Secantus" : "Real";
}
inline void PrintTo(MongoKind kind, std::ostream* out) { *out << name_of(kind); }

class OnServer : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (kind() == MongoKind::real && !real_mongod()) GTEST_SKIP() << no_real_mongod;
  }
  static MongoKind kind() { return GetParam(); }
  /// Fast; what was acknowledged need not survive a kill of the server.
  [[nodiscard]] static MongoOptions quick() { return {.kind = kind(), .survives_kill = false}; }
  /// An empty server of this kind, for cases that do nothing to it.
  [[nodiscard]] static MongoServer& shared() { return shared_mongo_server(quick()); }
};

inline std::string server_name(const ::testing::TestParamInfo<MongoKind>& info) {
  return name_of(info.param);
}

/// For what only a real server can suffer.
inline void needs_real_mongod() {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
}

inline auto all_servers() { return ::testing::Values(MongoKind::secantus, MongoKind::real); }

/// What a relay that has ended said, and how it ended.
inline std::string end_of(Process& relay) {
  const auto exit = relay.wait(Milliseconds(0));
  return exit ? "code " + std::to_string(exit->code) + ", signal " + std::to_string(exit->signal) +
                    "\n" + relay.output() + relay.errors()
              : "it is running\n" + relay.errors();
}

/// So many transactions by one writer, all at once.
inline Written write_some(const std::string& uri, std::uint64_t salt,
                          std::uint64_t transactions = 60) {
  OrderWriters writers(uri, 1, {.seed = seed() + salt, .transactions = transactions});
  Written written = writers.join();
  EXPECT_EQ(written.error, "");
  return written;
}

}  // namespace headwater::rig
