// large_transaction: larger than one transaction of the stream. Its changes come in several, each
// once, in order, and still say that they belong together.
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "testing/kafka/kafka_stream.h"
#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class large_transaction : public OnServer {};

/// Some 9 MB as events; an append ends at 4 MiB.
constexpr std::int64_t documents = 6'000;
constexpr std::size_t text = 1'000;

/// What the events say of their transaction, in the stream's order; null for those that know none.
std::vector<Json> transactions_in(const MongoPipeline& pipeline) {
  const Outcome outcome = run(pipeline.headwater({"tail", "--from", "earliest"}));
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  std::vector<Json> found;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    const auto event = Json::parse(line);
    EXPECT_TRUE(event) << line;
    if (event) found.push_back((*event)["data"]["transaction"]);
  }
  return found;
}

TEST_P(large_transaction, IsSplitOnKafkaAndItsMembersAreMarked) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri(), {.stream = &kafka_stream});
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  shell.begin();
  std::vector<Doc> some;
  for (std::int64_t i = 0; i < documents; ++i) {
    some.push_back(std::move(Doc().add("_id", i).add("note", std::string(text, 'x'))));
  }
  shell.insert(orders, some);
  shell.commit();
  // Dies between the appends of the one transaction, and goes on from there.
  Process relay = pipeline.faulty_relay("die", "after_append", 2);
  ASSERT_EQ(relay.wait(), killed) << relay.errors();
  const auto first_part = transactions_in(pipeline);
  EXPECT_GT(first_part.size(), 0U);
  EXPECT_LT(first_part.size(), static_cast<std::size_t>(documents));
  ASSERT_EQ(pipeline.catch_up(), "");

  const auto found = transactions_in(pipeline);
  ASSERT_EQ(found.size(), static_cast<std::size_t>(documents));
  const auto first = found[0]["ordinal"].unsigned_integer();
  ASSERT_TRUE(first);
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(found[i]["id"].text()) << "event " << i + 1;
    ASSERT_EQ(found[i]["id"], found[0]["id"]) << "event " << i + 1;
    ASSERT_EQ(found[i]["ordinal"], *first + i);
    ASSERT_EQ(found[i]["last"], i + 1 == found.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, large_transaction, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
