// stream_went_back: the stream lost its newest events, and is filled again under the same ids.
// stream_down: the stream is away for a while; memory stays bounded, and the relay catches up.
#include <cstdint>
#include <iostream>
#include <string>

#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class stream_went_back : public OnServer {};

TEST_P(stream_went_back, WhileTheRelayIsDown) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  write_some(server.uri(), 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().keep_copy();
  const auto kept = pipeline.progress();
  write_some(server.uri(), 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().go_back();
  ASSERT_EQ(pipeline.progress(), kept);
  write_some(server.uri(), 3);
  EXPECT_EQ(pipeline.disagreement(), "");
}

TEST_P(stream_went_back, WhileTheRelayRuns) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  write_some(server.uri(), 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().keep_copy();
  OrderWriters writers(server.uri(), 1, {.seed = seed() + 2, .pause = Milliseconds(1)});
  Process relay = pipeline.relay();
  const auto before = pipeline.progress();
  ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before + 50; })) << relay.errors();
  pipeline.stream().go_back();
  const auto after = pipeline.progress();
  ASSERT_TRUE(wait_until([&] { return pipeline.progress() > after + 100; })) << relay.errors();
  ASSERT_EQ(writers.finish().error, "");
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_went_back, all_servers(), server_name);

class stream_down : public OnServer {};

TEST_P(stream_down, MemoryStaysBounded) {
  constexpr std::uint64_t memory_bound = 64ULL << 20U;
  constexpr int changes = 2'000;
  constexpr std::size_t bytes_of_each = 50'000;
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  pipeline.stream().obstruct();
  Process relay = pipeline.relay();
  // More than would fit into the memory that the relay may take.
  MongoShell shell(server.uri());
  const Doc large = json(R"({"_id": "large"})");
  shell.insert(orders, large);
  for (int i = 0; i < changes; ++i) {
    Doc order;
    order.add("total", i).add("note", std::string(bytes_of_each, 'x'));
    shell.update(orders, large, order);
  }
  write_some(server.uri(), 1);
  EXPECT_TRUE(relay.running()) << end_of(relay);
  EXPECT_EQ(pipeline.stream().events().size(), 0U);
  pipeline.stream().relieve();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  const auto memory = relay.peak_memory();
  EXPECT_GT(memory, 0U);
  EXPECT_LT(memory, memory_bound) << (memory >> 20U) << " MiB";
  std::cout << "memory at its largest: " << (memory >> 20U) << " MiB\n";
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_down, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
