// The base of disasters that only MongoDB has. Each runs on SecantusDB, and on a real mongod if
// there is one.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "src/sqlite/database.h"
#include "testing/disasters/disaster.h"
#include "testing/mongodb/mongo_source.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {

constexpr const char* orders = "shop.orders";

inline const char* name_of(MongoKind kind) {
  return kind == MongoKind::secantus ? "mongodb" : "mongodb_real";
}
inline void PrintTo(MongoKind kind, std::ostream* out) { *out << name_of(kind); }

class OnServer : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (kind() == MongoKind::real && !real_mongod()) GTEST_SKIP() << no_real_mongod;
  }
  static MongoKind kind() { return GetParam(); }
  /// An empty server of this kind, for cases that do not harm it.
  [[nodiscard]] static MongoServer& shared() {
    return shared_mongo_server({.kind = kind(), .survives_kill = false});
  }
};

inline std::string server_name(const ::testing::TestParamInfo<MongoKind>& info) {
  return name_of(info.param);
}

inline auto all_servers() { return ::testing::Values(MongoKind::secantus, MongoKind::real); }

/// A pipeline's options with this server as the source.
inline PipelineOptions on(MongoServer& server, MongoSourceOptions options = {}) {
  options.kind = kind_of(server.uri());
  options.server = &server;
  return {.source = mongo_source(options)};
}

inline MongoSource& mongo(const Pipeline& pipeline) {
  return dynamic_cast<MongoSource&>(pipeline.source());
}
inline std::uint64_t progress(const Pipeline& pipeline) { return pipeline.stream().progress(); }
inline std::string events_file(const Pipeline& pipeline) { return pipeline.folder() / "events.db"; }

/// The number of events whose type is LIKE `type`.
inline std::int64_t count_of(const Pipeline& pipeline, const std::string& type) {
  return query_integer(events_file(pipeline),
                       "SELECT count(*) FROM event WHERE type LIKE '" + type + "'");
}

/// The text result of a SQL query on the stream.
inline std::string query_stream(const Pipeline& pipeline, const std::string& sql) {
  auto stream =
      sqlite::Database::open(events_file(pipeline), sqlite::Open::read_only, Origin::usage);
  if (!stream) return stream.error().message;
  return stream->text(sql).value_or("?");
}

/// A member of the gap event's `gap`: "reason", "from", "to", "restated".
inline std::string gap_member(const Pipeline& pipeline, const std::string& member) {
  return query_stream(
      pipeline, "SELECT data ->> '$.gap." + member + "' FROM event WHERE type LIKE '%gap' LIMIT 1");
}

/// Relays everything, then returns Pipeline::disagreement().
inline std::string caught_up_disagreement(const Pipeline& pipeline) {
  std::string wrong = pipeline.catch_up();
  return wrong.empty() ? pipeline.disagreement() : wrong;
}

}  // namespace headwater::rig
