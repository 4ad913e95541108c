#include "src/sources/mongodb/adapter.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/shared_server.h"
#include "testing/mongodb/shell.h"

namespace headwater::mongodb {
namespace {

/// Of this program: each pool has some that watch its servers.
std::ptrdiff_t threads() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

std::unique_ptr<SourceAdapter> follower(const std::string& uri, const std::string& collection,
                                        const Clock& clock) {
  SourceOptions options;
  options.uri = uri;
  options.identity = "mongodb:shop";
  options.watch = {.database = "shop", .collection = collection};
  return make_mongodb_source(std::move(options), clock);
}

TEST(MongoAdapter, OnesOfOneDeploymentConnectTogether) {
  const rig::MongoServer& server = rig::shared_mongo_server({.kind = rig::MongoKind::secantus});
  const SystemClock clock;
  const auto connect_three = [&](bool together) {
    const std::ptrdiff_t before = threads();
    std::vector<std::unique_ptr<SourceAdapter>> adapters;
    std::vector<std::unique_ptr<Source>> sources;
    for (const char* collection : {"orders", "items", "customers"}) {
      adapters.push_back(follower(server.uri(), collection, clock));
      if (together) adapters.back()->share_connections(*adapters.front());
    }
    for (const auto& adapter : adapters) {
      auto source = adapter->connect("a");
      EXPECT_TRUE(source) << source.error().message;
      if (source) sources.push_back(*std::move(source));
    }
    return threads() - before;
  };
  EXPECT_LT(connect_three(true), connect_three(false));
}

TEST(MongoAdapter, OnesOfTwoDeploymentsDoNot) {
  const SystemClock clock;
  const auto one = follower("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1", "orders", clock);
  rig::MongoServer& server = rig::shared_mongo_server({.kind = rig::MongoKind::secantus});
  const auto other = follower(server.uri(), "orders", clock);
  other->share_connections(*one);
  auto source = other->connect("a");
  EXPECT_TRUE(source) << source.error().message;
}

TEST(MongoAdapter, HasASyncDocumentInWhatItWatches) {
  const SystemClock clock;
  const auto where = [&](const char* watch) {
    SourceOptions options;
    options.uri = "mongodb://127.0.0.1:1/";
    options.watch = *parse_watch(watch);
    const auto adapter = make_mongodb_source(std::move(options), clock);
    return adapter->sync_document(Milliseconds(3'000))->describe();
  };
  EXPECT_EQ(where("shop.orders"), "sync document in collection shop.headwater_standby");
  EXPECT_EQ(where("shop"), "sync document in collection shop.headwater_standby");
  EXPECT_EQ(where("*"), "sync document in collection headwater.headwater_standby");
}

class ReadAgain : public ::testing::Test {
 protected:
  ReadAgain()
      : server_(rig::shared_mongo_server({.kind = rig::MongoKind::secantus})),
        shell_(server_.uri()),
        adapter_(follower(server_.uri(), "", clock_)) {
    for (int id = 1; id <= 5; ++id) {
      rig::Doc document;
      document.add("_id", id).add("state", id % 2 == 0 ? "open" : "done");
      shell_.insert("shop.orders", document);
    }
    shell_.insert("shop.items", rig::json(R"({"_id":1})"));
    auto beginning = adapter_->beginning("a");
    EXPECT_TRUE(beginning) << beginning.error().message;
    if (beginning) tail_.position = *beginning;
  }

  Result<std::optional<Position>> ask(const std::vector<std::string>& tables,
                                      const std::string& filter = "") {
    return adapter_->read_again("a", tail_, tables, filter);
  }
  std::string refused(const std::vector<std::string>& tables, const std::string& filter = "") {
    const auto asked = ask(tables, filter);
    if (asked) return "not refused";
    EXPECT_NE(asked.error().next, "");
    return asked.error().name;
  }
  /// The keys of what is read then.
  std::vector<std::string> read(const Position& position) {
    auto source = adapter_->connect("a");
    EXPECT_TRUE(source && (*source)->open(position));
    std::vector<std::string> keys;
    for (bool current = false; !current;) {
      auto batch = (*source)->read({2, 1U << 20U}, Milliseconds(10), {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) break;
      for (const Change& change : batch->changes) {
        EXPECT_EQ(change.op, Op::read);
        EXPECT_TRUE(change.id.starts_with("again:")) << change.id;
        keys.push_back(change.table + std::get<Document>(*change.key).json);
      }
      current = batch->current;
    }
    return keys;
  }

  SystemClock clock_;
  rig::MongoServer& server_;
  rig::MongoShell shell_;
  std::unique_ptr<SourceAdapter> adapter_;
  Tail tail_{.sequence = 7, .position = {}, .source = "mongodb:shop"};
};

TEST_F(ReadAgain, ReadsWhatAFilterSelects) {
  const auto asked = ask({"orders"}, R"({"state":"open"})");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(read(**asked), (std::vector<std::string>{R"(orders{"_id":2})", R"(orders{"_id":4})"}));
  const auto all = ask({"shop.orders", "items"});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(read(**all).size(), 6U);
}

/// Nobody can know that when it is asked for.
TEST_F(ReadAgain, AFilterMayFailAtADocument) {
  const auto asked = ask({"orders"}, R"({"$expr":{"$gt":[{"$divide":[1,"$parts"]},0]}})");
  ASSERT_TRUE(asked) << asked.error().message;
  shell_.insert("shop.orders", rig::json(R"({"_id":9,"parts":0})"));
  auto source = adapter_->connect("a");
  ASSERT_TRUE(source && (*source)->open(**asked));
  auto batch = (*source)->read({100, 1U << 20U}, Milliseconds(10), {});
  while (batch && !batch->current) batch = (*source)->read({100, 1U << 20U}, Milliseconds(10), {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.bad_filter") << batch.error().message;
  EXPECT_EQ(batch.error().remedy, Remedy::stop);
  const std::string& next = batch.error().next;
  const auto words = next.substr(next.find("time:"), next.find(" --yes") - next.find("time:"));
  const auto given_up = adapter_->position("a", words);
  ASSERT_TRUE(given_up) << words;
  EXPECT_TRUE((*source)->open(*given_up));
  EXPECT_EQ(given_up->token.find("request"), std::string::npos);
}

TEST_F(ReadAgain, SaysWhyNot) {
  EXPECT_EQ(refused({"ordres"}), "source.no_such_table");
  EXPECT_EQ(refused({"orders"}, "{state:"), "source.bad_filter");
  EXPECT_EQ(refused({"orders"}, R"({"$nothing":1})"), "source.bad_filter");
  EXPECT_EQ(refused({"orders"}, R"({"a":")" + std::string(3'000, 'x') + R"("})"),
            "source.bad_filter");
  const auto asked = ask({"orders"});
  ASSERT_TRUE(asked) << asked.error().message;
  tail_.position = **asked;
  EXPECT_EQ(refused({"orders"}), "source.snapshot_running");
  // A write from before is not waited for.
  EXPECT_EQ(adapter_->includes("a", tail_.position, "1.1"), true);
  tail_.position = {};
  EXPECT_EQ(refused({"orders"}), "source.not_begun");
}

}  // namespace
}  // namespace headwater::mongodb
