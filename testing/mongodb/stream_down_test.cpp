// stream_down: the stream is unavailable for a while. Memory stays bounded, and the relay catches
// up. One document changes many times, because SecantusDB needs minutes to compare a large
// collection.
#include <cstdint>
#include <iostream>
#include <string>

#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

class stream_down_mongodb : public OnServer {};

TEST_P(stream_down_mongodb, MemoryStaysBounded) {
  constexpr std::uint64_t memory_bound = 64ULL << 20U;
  constexpr int changes = 2'000;
  constexpr std::size_t bytes_of_each = 50'000;
  MongoServer& server = shared();
  Pipeline pipeline(on(server));
  ASSERT_EQ(pipeline.init(), "");
  pipeline.stream().obstruct();
  Process relay = pipeline.relay();
  // More than fits into the memory bound.
  MongoShell shell(server.uri());
  const Doc large = json(R"({"_id": "large"})");
  shell.insert(orders, large);
  for (int i = 0; i < changes; ++i) {
    Doc order;
    order.add("total", i).add("note", std::string(bytes_of_each, 'x'));
    shell.update(orders, large, order);
  }
  write_some(pipeline, 1);
  EXPECT_TRUE(relay.running()) << end_of(relay);
  EXPECT_EQ(pipeline.stream().events().size(), 0U);
  pipeline.stream().relieve();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  const auto memory = relay.peak_memory();
  EXPECT_GT(memory, 0U);
  EXPECT_LT(memory, memory_bound) << (memory >> 20U) << " MiB";
  std::cout << "peak memory: " << (memory >> 20U) << " MiB\n";
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_down_mongodb, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
