// invalidate: the watched collection is dropped or renamed. The stream has an event for it, and the
// relay continues to watch the old name.
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

class invalidate : public OnServer {
 protected:
  /// Reading the changes adds one, which must be published, too.
  static std::string disagreement(const Pipeline& pipeline) {
    const auto expected = pipeline.changes();
    if (std::string wrong = pipeline.catch_up(); !wrong.empty()) return wrong;
    std::vector<std::string> found;
    for (auto& event : pipeline.stream().events()) found.push_back(std::move(event.id));
    std::string wrong = first_difference(expected, found);
    return wrong.empty() ? pipeline.verify() : wrong;
  }
  /// Runs the command once with a relay and once without, with orders before and after it.
  static void expect_to_go_on_after(const std::string& database, const std::string& command,
                                    const std::string& type) {
    MongoServer& server = shared();
    Pipeline pipeline(on(server, {.same_view = true}));
    ASSERT_EQ(pipeline.init(), "");
    MongoShell shell(server.uri());
    Process relay = pipeline.relay();
    write_some(pipeline, 1);
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
    shell.command(database, command);
    ASSERT_TRUE(wait_until([&] { return count_of(pipeline, "%.invalidate") == 1; }))
        << relay.errors();
    // A new collection with the same name.
    write_some(pipeline, 2);
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();

    write_some(pipeline, 3);
    shell.command(database, command);
    write_some(pipeline, 4);
    EXPECT_EQ(disagreement(pipeline), "");
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
  Pipeline pipeline(on(server, {.same_view = true}));
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  for (const std::string step : {"read", "before_append", "after_append", "acknowledged"}) {
    shell.insert(orders, std::move(Doc().add("_id", step)));
    shell.command("shop", R"({"drop": "orders"})");
    shell.insert(orders, std::move(Doc().add("_id", step + " again")));
    Process relay = pipeline.faulty_relay("die", step, 1);
    ASSERT_EQ(relay.wait(), killed) << step << "\n" << relay.errors();
  }
  EXPECT_EQ(disagreement(pipeline), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.invalidate"), 4);
}

INSTANTIATE_TEST_SUITE_P(On, invalidate, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
