// The seed's scenarios on the consumers' side. consumers_offline, user_resubmits, late_service.
#include <string>

#include "testing/mongodb_disasters/copy_of_orders.h"
#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

Doc order(std::int64_t id) { return std::move(Doc().add("_id", id)); }

class consumers_offline : public OnServer {};

TEST_P(consumers_offline, WritesGoOnAndConsumersCatchUp) {
  constexpr std::int64_t above_the_writers = 1'000'000;
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  CopyOfOrders billing(pipeline.events_file());
  CopyOfOrders search(pipeline.events_file());
  write_some(server.uri(), 1);
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_EQ(search.catch_up(), "");

  // Both are down now. The shop takes orders, and its reads are consistent at once.
  OrderWriters meanwhile(server.uri(), 2, {.seed = seed() + 2, .transactions = 300});
  MongoShell shop(server.uri());
  for (std::int64_t i = above_the_writers; i < above_the_writers + 100; ++i) {
    shop.insert(orders, order(i));
    ASSERT_EQ(shop.documents(orders, order(i)).size(), 1U);
  }
  ASSERT_EQ(meanwhile.join().error, "");

  // One comes back while the relay runs, the other long after.
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
  for (CopyOfOrders* consumer : {&billing, &search}) {
    ASSERT_EQ(consumer->catch_up(), "");
    EXPECT_EQ(consumer->applied(), pipeline.progress());
    EXPECT_EQ(consumer->difference(server.uri()), "");
  }
}

INSTANTIATE_TEST_SUITE_P(On, consumers_offline, all_servers(), server_name);

class user_resubmits : public OnServer {};

TEST_P(user_resubmits, OneDocumentAndOneEvent) {
  constexpr std::uint32_t duplicate_key = 11000;
  constexpr int submitted = 50;
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  MongoShell shop(server.uri());
  const auto submit = [&shop](std::int64_t id) {
    std::vector<Doc> documents;
    documents.push_back(order(id));
    return shop.try_write("shop", Doc().add("insert", "orders").add("documents", documents));
  };
  for (std::int64_t i = 0; i < submitted; ++i) {
    EXPECT_TRUE(submit(i));
    // The client saw a time-out and submits again, to a database that knows better.
    const auto again = submit(i);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, duplicate_key);
    // Or it says: make it so if it is not.
    const Doc as_it_is = std::move(Doc().add("$setOnInsert", std::move(Doc().add("total", 1))));
    const auto upserted = shop.try_update(orders, order(i), as_it_is, true);
    ASSERT_TRUE(upserted);
    EXPECT_EQ(mongodb::find_number(upserted->get(), "nModified"), 0);
  }
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement({{"orders.insert", submitted}}), "");
}

INSTANTIATE_TEST_SUITE_P(On, user_resubmits, all_servers(), server_name);

class late_service : public OnServer {};

TEST_P(late_service, NeedsToKnowOfNoPastFailure) {
  MongoServer server({.kind = kind()});
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 2,
                       {.seed = seed(), .pause = Milliseconds(2), .through_failures = true});
  // A past with failures: relays that died, one that was taken for dead, and a server that was.
  for (const std::string step : {"shaped", "after_append", "acknowledged"}) {
    Process relay = pipeline.faulty_relay("die", step, 3);
    ASSERT_EQ(relay.wait(), killed) << relay.errors();
  }
  Process zombie = pipeline.faulty_relay("hang", "before_append", 2);
  ASSERT_TRUE(zombie.wait_paused());
  Process relay = pipeline.relay();
  const auto before = pipeline.progress();
  ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before + 20; })) << relay.errors();
  server.kill();
  server.start();
  zombie.resume();
  const auto after = pipeline.progress();
  ASSERT_TRUE(wait_until([&] { return pipeline.progress() > after + 20; })) << relay.errors();
  writers.finish();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(zombie.terminate(), Exit{}) << zombie.errors();
  EXPECT_EQ(pipeline.disagreement(), "");

  CopyOfOrders newcomer(pipeline.events_file());
  ASSERT_EQ(newcomer.catch_up(), "");
  EXPECT_EQ(newcomer.applied(), pipeline.progress());
  EXPECT_EQ(newcomer.difference(server.uri()), "");
}

INSTANTIATE_TEST_SUITE_P(On, late_service, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
