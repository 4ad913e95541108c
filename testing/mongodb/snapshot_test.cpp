// snapshot: relays that are killed at random read the existing documents. Each document is in the
// stream once, as read or as changed, and a copy built from the stream equals the collection.
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "testing/disasters/consumer.h"
#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

constexpr std::int64_t first_old = 1'000'000;

/// Some ids are used by the writers, others are larger.
void fill(MongoShell& shell, std::int64_t count) {
  std::vector<Doc> documents;
  for (std::int64_t i = 0; i < count; ++i) {
    Doc document;
    document.add("_id", i < 100 ? i : first_old + i).add("total", i);
    document.add("note", std::string(400, 'o'));
    documents.push_back(std::move(document));
    if (documents.size() < 1'000 && i + 1 < count) continue;
    shell.insert(orders, documents);
    documents.clear();
  }
}

void expect_whole_copy(Pipeline& pipeline) {
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.verify(), "");
  const Consumer copy(pipeline, "copy");
  ASSERT_EQ(copy.catch_up(), "");
  EXPECT_EQ(copy.applied(), static_cast<std::int64_t>(progress(pipeline)));
  EXPECT_EQ(copy.difference(pipeline), "");
}

class snapshot : public OnServer {
 protected:
  static constexpr const char* initial = ", snapshot: initial";
  /// SecantusDB scans all documents for each piece, so it gets fewer.
  static std::int64_t documents() { return repeats(20'000, 2'000); }
};

TEST_P(snapshot, KilledAtEveryStep) {
  MongoServer& server = shared();
  Pipeline pipeline(on(server, {.keys = initial}));
  MongoShell shell(server.uri());
  fill(shell, documents());
  ASSERT_EQ(pipeline.init(), "");
  std::uint64_t salt = 0;
  for (const auto& [step, passing] :
       {std::pair{"read", 1U}, std::pair{"before_append", 2U}, std::pair{"after_append", 1U},
        std::pair{"acknowledged", 2U}}) {
    Process relay = pipeline.faulty_relay("die", step, passing);
    ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    // Changes of old and new documents while no relay runs.
    write_some(pipeline, ++salt, 10);
    shell.update(orders, Doc().add("_id", first_old + documents() - 1),
                 json(R"({"$inc": {"total": 1}})"));
  }
  expect_whole_copy(pipeline);
  EXPECT_GT(count_of(pipeline, "shop.orders.read"), documents() / 2);
}

/// What `headwater snapshot` says; empty if it did as it was told.
std::string asked(const Pipeline& pipeline, const std::vector<std::string>& words) {
  std::vector<std::string> all{"snapshot"};
  all.insert(all.end(), words.begin(), words.end());
  const Outcome outcome = run(pipeline.headwater(all));
  return outcome.exit == Exit{} ? "" : outcome.errors;
}

/// Documents that were read on request, and how many of them are different ones.
std::int64_t read_again(const Pipeline& pipeline) {
  return query_integer(events_file(pipeline), "SELECT count(*) FROM event WHERE id LIKE 'again:%'");
}
std::int64_t documents_read_again(const Pipeline& pipeline) {
  return query_integer(events_file(pipeline),
                       "SELECT count(DISTINCT subject) FROM event WHERE id LIKE 'again:%'");
}

/// Changes to documents that are still to be read again are published at once: who knows a document
/// must hear that it is gone.
TEST_P(snapshot, OnRequestKilledAtEveryStep) {
  MongoServer& server = shared();
  Pipeline pipeline(on(server, {.keys = initial}));
  MongoShell shell(server.uri());
  fill(shell, documents());
  ASSERT_EQ(pipeline.init(), "");
  ASSERT_EQ(pipeline.catch_up(), "");
  ASSERT_EQ(asked(pipeline, {"orders"}), "");
  EXPECT_NE(asked(pipeline, {"orders"}).find("has not yet read all rows"), std::string::npos);
  const auto last = first_old + documents() - 1;
  std::uint64_t salt = 0;
  for (const auto& [step, passing] :
       {std::pair{"read", 1U}, std::pair{"before_append", 2U}, std::pair{"after_append", 1U},
        std::pair{"acknowledged", 2U}}) {
    Process relay = pipeline.faulty_relay("die", step, passing);
    ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    EXPECT_LT(read_again(pipeline), documents() - 100);
    EXPECT_EQ(pipeline.verify(), "");
    write_some(pipeline, ++salt, 10);
    shell.remove(orders, Doc().add("_id", last - static_cast<std::int64_t>(salt)));
  }
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.verify(), "");
  EXPECT_GT(count_of(pipeline, "shop.orders.delete"), 3);
  EXPECT_GT(read_again(pipeline), documents() / 2);
  EXPECT_EQ(read_again(pipeline), documents_read_again(pipeline));
}

/// The leader finds its next append refused, stands by and leads again; a second relay may be
/// quicker.
TEST_P(snapshot, OnRequestWhileTwoRelaysRunAndWritersWrite) {
  MongoServer& server = shared();
  Pipeline pipeline(on(server, {.keys = initial}));
  MongoShell shell(server.uri());
  fill(shell, documents());
  ASSERT_EQ(pipeline.init(), "");
  ASSERT_EQ(pipeline.catch_up(), "");
  std::vector<Process> relays;
  for (int i = 0; i < 2; ++i) relays.push_back(pipeline.relay());
  ASSERT_NE(leader_of(relays), nullptr) << relays[0].errors();
  ASSERT_EQ(asked(pipeline, {"orders", "--where", R"({"_id":{"$gte":1000000}})"}), "");
  write_some(pipeline, 1, 40);
  const auto expected = documents() - 100;
  ASSERT_TRUE(wait_until([&] { return read_again(pipeline) >= expected; }))
      << relays[0].errors() << "\n"
      << relays[1].errors();
  for (Process& relay : relays) EXPECT_EQ(relay.terminate(), Exit{});
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.verify(), "");
  EXPECT_EQ(read_again(pipeline), expected);
  EXPECT_EQ(documents_read_again(pipeline), expected);
}

/// Two neighbours do not fit into one reply of the server.
TEST_P(snapshot, NeighboursTooLargeForOneReply) {
  constexpr std::size_t large = std::size_t{9} << 20U;
  MongoServer& server = shared();
  Pipeline pipeline(on(server, {.keys = initial}));
  MongoShell shell(server.uri());
  for (const char* id : {"a", "b", "c", "d"}) {
    shell.insert(orders, Doc().add("_id", id).add("note", std::string(large, *id)));
  }
  ASSERT_EQ(pipeline.init(), "");
  expect_whole_copy(pipeline);
  EXPECT_EQ(count_of(pipeline, "shop.orders.read"), 4);
}

/// The new name comes earlier in the order, and is not watched.
TEST_P(snapshot, RenamedToWhatIsNotWatched) {
  MongoServer& server = shared();
  Pipeline pipeline(on(server, {.keys = initial}));
  MongoShell shell(server.uri());
  fill(shell, documents());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.faulty_relay("die", "after_append", 1);
  ASSERT_EQ(relay.wait(), killed) << relay.errors();
  const auto before = count_of(pipeline, "shop.orders.read");
  ASSERT_LT(before, documents());
  shell.command("admin", R"({"renameCollection": "shop.orders", "to": "shop.archive"})");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(count_of(pipeline, "shop.archive.read"), 0);
  EXPECT_EQ(count_of(pipeline, "%rename"), 1);
}

/// Only on real servers: SecantusDB's snapshot reads report the time of their reply instead of the
/// read, so concurrent writes would be missing.
TEST(snapshot_on_real, KilledAtAnyTimeWhileWritersWrite) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  const std::int64_t documents = repeats(500'000, 30'000);
  std::mt19937_64 random(seed());
  MongoServer server({.kind = MongoKind::real});
  Pipeline pipeline(on(server, {.keys = ", snapshot: initial"}));
  MongoShell shell(server.uri());
  fill(shell, documents);
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(1)});
  ASSERT_EQ(pipeline.init(), "");
  for (int i = 0; i < kills(300); ++i) {
    const auto before = progress(pipeline);
    Process relay = pipeline.relay();
    if (i % 2 == 0) {
      ASSERT_TRUE(wait_until([&] { return progress(pipeline) > before; })) << relay.errors();
    }
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 40))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
  }
  ASSERT_EQ(writers.finish().error, "");
  expect_whole_copy(pipeline);
}

INSTANTIATE_TEST_SUITE_P(On, snapshot, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
