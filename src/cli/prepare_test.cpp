#include "src/cli/prepare.h"

#include <gmock/gmock.h>

#include "src/cli/fakes.h"
#include "src/streams/stdout/stdout.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::cli {
namespace {

using testing::ElementsAre;

class Prepare : public testing::Test {
 protected:
  void SetUp() override {
    relay.name = "orders";
    relay.source = std::make_unique<FakeSourceAdapter>(feed);
    relay.stream = std::make_unique<FakeStreamAdapter>(tails);
  }

  [[nodiscard]] std::vector<std::string> prepared() {
    const auto report = prepare(relay);
    if (!report) return {report.error().name};
    std::vector<std::string> words;
    for (const Finding& finding : *report) words.push_back(finding.what);
    return words;
  }

  [[nodiscard]] Tail tail() const {
    const auto found = tails.tails.find("orders");
    return found == tails.tails.end() ? Tail() : found->second;
  }

  FakeFeed feed;
  FakeTails tails;
  ConfiguredRelay relay;
};

TEST_F(Prepare, ABeginningThatTheDatabaseRemembersIsNotSaved) {
  EXPECT_THAT(prepared(), ElementsAre("made", "looked at"));
  EXPECT_EQ(tail(), Tail());
}

TEST_F(Prepare, TheBeginningIsSavedInTheStream) {
  feed.beginning = "7";
  EXPECT_THAT(prepared(), ElementsAre("made", "looked at", "starts at change 7"));
  EXPECT_EQ(tail(), (Tail{.sequence = 0, .position = {"7"}, .source = "fake:1"}));
}

TEST_F(Prepare, ARelayWithAPositionKeepsIt) {
  const Tail before{.sequence = 3, .position = {"5"}, .source = "fake:1"};
  tails.tails["orders"] = before;
  feed.beginning = "7";
  EXPECT_THAT(prepared(), ElementsAre("made", "looked at"));
  EXPECT_EQ(tail(), before);
  EXPECT_EQ(feed.beginnings, 0);
}

TEST_F(Prepare, AfterAResetTheRelayStartsAgain) {
  tails.tails["orders"] = {.sequence = 3, .position = {}, .source = ""};
  feed.beginning = "7";
  EXPECT_THAT(prepared(), ElementsAre("made", "looked at", "starts at change 7"));
  EXPECT_EQ(tail(), (Tail{.sequence = 3, .position = {"7"}, .source = "fake:1"}));
}

TEST_F(Prepare, AnotherProcessMayBeFirst) {
  feed.beginning = "7";
  tails.refusal = Error{.remedy = Remedy::stand_by, .name = "stream.conflict"};
  EXPECT_THAT(prepared(),
              ElementsAre("made", "looked at", "was started by another process in the meantime"));
  tails.refusal = Error{.remedy = Remedy::retry, .name = "stream.away"};
  EXPECT_THAT(prepared(), ElementsAre("stream.away"));
}

TEST_F(Prepare, RemoveForgetsTheBeginning) {
  feed.beginning = "7";
  static_cast<void>(prepared());
  ASSERT_TRUE(remove(relay));
  EXPECT_EQ(tail(), Tail());
}

TEST_F(Prepare, StandardOutputKeepsTheBeginningInItsFile) {
  const rig::TemporaryFolder folder;
  relay.stream = stdout_stream::make_stream({.position = folder / "orders.position"});
  feed.beginning = "7";
  EXPECT_EQ(prepared().back(), "starts at change 7");
  auto writer = relay.stream->writer("orders");
  ASSERT_TRUE(writer);
  const auto found = (*writer)->tail();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail(), (Tail{.sequence = 0, .position = {"7"}, .source = "fake:1"}));
  // Only once.
  feed.beginning = "9";
  static_cast<void>(prepared());
  EXPECT_EQ((*writer)->tail()->tail().position.token, "7");
}

}  // namespace
}  // namespace headwater::cli
