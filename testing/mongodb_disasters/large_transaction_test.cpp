// large_transaction: larger than one transaction of the stream. Its changes come in several, each
// once, in order, and still say that they belong together.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "testing/kafka/kafka_stream.h"
#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class large_transaction : public OnServer {};

/// Some 9 MB as events; an append ends at 4 MiB.
constexpr std::int64_t documents = 6'000;
constexpr std::size_t text = 1'000;

/// What the events say of their transaction, in the stream's order; null for those that know none.
std::vector<nlohmann::json> transactions_in(const MongoPipeline& pipeline) {
  const Outcome outcome = run(pipeline.headwater({"tail", "--from", "earliest"}));
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  std::vector<nlohmann::json> found;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    found.push_back(event.at("data").value("transaction", nlohmann::json()));
  }
  return found;
}

TEST_P(large_transaction, IsSplitOnKafkaAndItsMembersAreMarked) {
  MongoServer server(quick());
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
  std::set<std::string> ids;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_FALSE(found[i].is_null()) << "event " << i + 1;
    ids.insert(found[i].at("id"));
    ASSERT_EQ(found[i].at("ordinal").get<std::size_t>() - found[0].at("ordinal").get<std::size_t>(),
              i);
    ASSERT_EQ(found[i].at("last").get<bool>(), i + 1 == found.size());
  }
  EXPECT_EQ(ids.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, large_transaction, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
