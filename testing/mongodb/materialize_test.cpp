// materialize_then_crash: copies of a collection in another collection, by the program, which is
// killed at random moments.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "src/event/json_scan.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

/// The documents as canonical JSON. The order of fields means nothing: an update that adds several
/// does not say in which order.
std::vector<std::string> content(MongoShell& shell, const std::string& collection) {
  std::vector<std::string> all;
  for (const Doc& document : shell.documents(collection)) {
    std::string json;
    EXPECT_TRUE(mongodb::append_document(json, *document.get(), mongodb::ExtendedJson::canonical));
    all.push_back(sorted_json(json));
  }
  std::ranges::sort(all);
  return all;
}

class materialize_then_crash : public OnServer {};

TEST_P(materialize_then_crash, KeepsATrueCopyOfDocuments) {
  MongoServer& server = shared();
  PipelineOptions options = on(server, {.keys = ", extended_json: canonical"});
  options.relay +=
      "materialize: { into: { mongodb: { uri: \"" + server.uri() + "\", database: copy } } }\n";
  const Pipeline pipeline(options);
  MongoShell shell(server.uri());
  ASSERT_EQ(pipeline.init(), "");
  std::mt19937_64 random(seed());
  for (int i = 0; i < repeats(200, 3); ++i) {
    write_some(pipeline, static_cast<std::uint64_t>(i), 40);
    shell.update(orders, json(R"({"_id": 1})"), json(R"({"$inc": {"nested.count": 1}})"));
    ASSERT_EQ(pipeline.catch_up(), "");
    Process copier(pipeline.headwater({"materialize"}));
    EXPECT_FALSE(copier.wait(Milliseconds(20 + random() % 200))) << copier.errors();
    copier.kill();
    // The server keeps a dead client's transaction open for a while.
    shell.command("admin", json(R"({"killAllSessions": []})"));
  }
  const Outcome copied = run(pipeline.headwater({"materialize", "--once"}));
  ASSERT_EQ(copied.exit, Exit{}) << copied.errors;
  EXPECT_EQ(content(shell, "copy.orders"), content(shell, orders));
  EXPECT_GT(content(shell, orders).size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(On, materialize_then_crash, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
