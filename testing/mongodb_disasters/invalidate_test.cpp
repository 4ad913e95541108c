// invalidate: what is watched is dropped or renamed; the stream says so, and the relay goes on
// under the old name. idle: where nothing happens that is watched, the position moves all the same.
#include <string>

#include "testing/mongodb_disasters/disaster.h"
#include "testing/mongodb_disasters/history.h"

namespace headwater::rig {
namespace {

class invalidate : public OnServer {
 protected:
  /// The command once while a relay runs and once while none does, with orders before and behind.
  static void expect_to_go_on_after(const std::string& database, const std::string& command,
                                    const std::string& type) {
    MongoServer& server = shared();
    MongoPipeline pipeline(kind(), server.uri());
    ASSERT_EQ(pipeline.init(), "");
    MongoShell shell(server.uri());
    Process relay = pipeline.relay();
    write_some(server.uri(), 1);
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
    shell.command(database, command);
    ASSERT_TRUE(wait_until([&] { return count_of(pipeline, "%.invalidate") == 1; }))
        << relay.errors();
    // Under the same name again.
    write_some(server.uri(), 2);
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();

    write_some(server.uri(), 3);
    shell.command(database, command);
    write_some(server.uri(), 4);
    EXPECT_EQ(pipeline.disagreement(), "");
    EXPECT_EQ(count_of(pipeline, type), 2);
    EXPECT_EQ(count_of(pipeline, "shop.orders.invalidate"), 2);
  }
};

TEST_P(invalidate, Dropped) {
  expect_to_go_on_after("shop", R"({"drop": "orders"})", "shop.orders.drop");
}

TEST_P(invalidate, Renamed) {
  expect_to_go_on_after(
      "admin",
      R"({"renameCollection": "shop.orders", "to": "shop.old_orders", "dropTarget": true})",
      "shop.orders.rename");
}

/// Killed at each step around the invalidate event.
TEST_P(invalidate, KilledAtEveryStep) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  for (const std::string step : {"read", "before_append", "after_append", "acknowledged"}) {
    shell.insert(orders, std::move(Doc().add("_id", step)));
    shell.command("shop", R"({"drop": "orders"})");
    shell.insert(orders, std::move(Doc().add("_id", step + " again")));
    Process relay = pipeline.faulty_relay("die", step, 1);
    ASSERT_EQ(relay.wait(), killed) << step << "\n" << relay.errors();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.invalidate"), 4);
}

INSTANTIATE_TEST_SUITE_P(On, invalidate, all_servers(), server_name);

class idle : public OnServer {};

TEST_P(idle, PositionMovesWithWhatOthersWrite) {
  MongoServer server(forgetful(kind()));
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  write_some(server.uri(), 1);
  Process relay = pipeline.relay();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  const auto events = pipeline.progress();
  const auto position = [&pipeline] {
    auto stream =
        sqlite::Database::open(pipeline.events_file(), sqlite::Open::read_only, Origin::usage);
    return stream ? stream->text("SELECT hex(position) FROM relays").value_or("") : "";
  };
  // So often that all that was there before is forgotten in the end.
  MongoShell other(server.uri());
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::string before = position();
    other.insert("noise.items", std::move(Doc().add("_id", i)));
    ASSERT_TRUE(wait_until([&] { return position() != before; })) << relay.errors();
  }
  cut_history(server, kind());
  const std::string before = position();
  other.insert("noise.items", std::move(Doc().add("_id", std::int64_t{3})));
  ASSERT_TRUE(wait_until([&] { return position() != before; })) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  // Nothing was published, and nothing is lost: not for a relay that begins now, either.
  EXPECT_EQ(pipeline.progress(), events);
  pipeline.begin_witness();
  write_some(server.uri(), 2);
  const auto& expected = pipeline.change_ids();
  ASSERT_EQ(pipeline.catch_up(), "");
  std::vector<std::string> found;
  for (const auto& event : pipeline.stream().events()) found.push_back(event.id);
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(events));
  EXPECT_EQ(first_difference(expected, found), "");
}

INSTANTIATE_TEST_SUITE_P(On, idle, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
