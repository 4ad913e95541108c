#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "src/cli/test_rig.h"
#include "src/json/json.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int> sequences(const std::string& output) {
  std::vector<int> all;
  for (const std::string& line : lines(output)) {
    const auto json = Json::parse(line).value_or(Json());
    all.push_back(std::stoi(std::string(json["sequence"].text().value_or("0"))));
  }
  return all;
}

class TailCommand : public testing::Test {
 protected:
  // Events 1 and 2 are snapshot rows, 3 to 15 inserts.
  void SetUp() override {
    site.fill();
    for (int i = 3; i <= 15; ++i) site.sql("INSERT INTO orders(customer) VALUES ('eve')");
    relay();
  }
  void relay() const {
    const auto outcome = site.run({"run", "--until-current"});
    ASSERT_EQ(outcome.exit, Exit{}) << outcome.errors;
  }
  [[nodiscard]] std::vector<int> tail(const std::vector<std::string>& options) const {
    std::vector<std::string> words{"tail"};
    words.insert(words.end(), options.begin(), options.end());
    const auto outcome = site.run(words);
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
    return sequences(outcome.output);
  }
  Site site;
};

TEST_F(TailCommand, WithoutAStartPrintsTheLastTen) {
  EXPECT_THAT(tail({}), ElementsAre(6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(tail({"-n", "2"}), ElementsAre(14, 15));
  EXPECT_THAT(tail({"-n", "0"}), IsEmpty());
  EXPECT_EQ(tail({"-n", "100"}).size(), 15U);
}

TEST_F(TailCommand, FromAStartPrintsAllOrTheFirst) {
  EXPECT_EQ(tail({"--from", "earliest"}).size(), 15U);
  EXPECT_THAT(tail({"--from", "earliest", "-n", "2"}), ElementsAre(1, 2));
  EXPECT_THAT(tail({"--from", "14"}), ElementsAre(14, 15));
  EXPECT_THAT(tail({"--from", "16"}), IsEmpty());
  EXPECT_THAT(tail({"--from", "latest"}), IsEmpty());
}

TEST_F(TailCommand, FollowPrintsNewEventsAndStopsOnASignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process(site.command({"tail", "--follow", "-n", "1"}));
    ASSERT_TRUE(rig::wait_until([&] { return lines(process.output()).size() == 1; }));
    site.sql("INSERT INTO orders(customer) VALUES ('zoe')");
    relay();
    ASSERT_TRUE(rig::wait_until([&] { return lines(process.output()).size() == 2; }));
    process.signal(signal);
    const auto exit = process.wait();
    ASSERT_TRUE(exit);
    EXPECT_EQ(*exit, Exit{}) << process.errors();
  }
}

TEST_F(TailCommand, AConsumerContinuesWhereItWas) {
  EXPECT_THAT(tail({"--consumer", "mail", "-n", "3"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(tail({"--consumer", "mail", "-n", "2"}), ElementsAre(4, 5));
  EXPECT_EQ(tail({"--consumer", "mail"}).size(), 10U);
  EXPECT_THAT(tail({"--consumer", "mail"}), IsEmpty());
  EXPECT_EQ(tail({"--consumer", "other"}).size(), 15U);
}

TEST_F(TailCommand, APlaceAfterTheEndIsAnError) {
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--follow"}}) {
    std::vector<std::string> words{"tail", "--from", "17"};
    words.insert(words.end(), more.begin(), more.end());
    const auto outcome = site.run(words);
    EXPECT_EQ(outcome.exit, stream_error) << outcome.errors;
    EXPECT_THAT(outcome.errors, HasSubstr("ends at 15, so there is nothing to read from 17 on"));
    EXPECT_THAT(outcome.errors, HasSubstr("headwater tail -c shop.yaml --from earliest"));
  }
}

TEST_F(TailCommand, AConsumerCanStartElsewhere) {
  EXPECT_EQ(tail({"--consumer", "mail"}).size(), 15U);
  EXPECT_THAT(tail({"--consumer", "mail", "--from", "7", "-n", "2"}), ElementsAre(7, 8));
  EXPECT_THAT(tail({"--consumer", "mail", "-n", "1"}), ElementsAre(9));
  EXPECT_THAT(tail({"--consumer", "mail", "--from", "latest"}), IsEmpty());
  EXPECT_THAT(tail({"--consumer", "mail"}), IsEmpty());
  EXPECT_EQ(tail({"--consumer", "mail", "--from", "earliest"}).size(), 15U);
}

// As retention does while the reader of the output is slower.
TEST_F(TailCommand, ReportsEventsRemovedBeforeTheyWereRead) {
  Process process(site.command({"tail", "--follow", "--from", "earliest"}));
  ASSERT_TRUE(rig::wait_until([&] { return lines(process.output()).size() == 15; }));
  process.pause();
  for (int i = 16; i <= 20; ++i) site.sql("INSERT INTO orders(customer) VALUES ('eve')");
  relay();
  {
    auto stream =
        sqlite::Database::open(site / "events.db", sqlite::Open::read_write, Origin::usage);
    ASSERT_TRUE(stream) << stream.error().message;
    ASSERT_TRUE(
        stream->execute("BEGIN; DELETE FROM events WHERE sequence < 19;"
                        "UPDATE stream SET value = 18 WHERE key = 'removed'; COMMIT"));
  }
  process.resume();
  ASSERT_TRUE(rig::wait_until([&] { return lines(process.output()).size() == 17; }));
  EXPECT_EQ(process.terminate(), Exit{});
  const auto printed = sequences(process.output());
  EXPECT_EQ((std::vector<int>(printed.begin() + 14, printed.end())),
            (std::vector<int>{15, 19, 20}));
  EXPECT_THAT(process.errors(), HasSubstr("events before 19 have been removed by retention"));
  const auto later = site.run({"tail", "--from", "3"});
  EXPECT_EQ(lines(later.errors).size(), 1U) << later.errors;
}

TEST_F(TailCommand, AClosedPipeEndsItQuietly) {
  const std::string program = HEADWATER_PROGRAM;
  const auto outcome =
      rig::run({.words = {"/bin/bash", "-c",
                          "'" + program +
                              "' tail -c shop.yaml --from earliest --follow | head -n 1; "
                              "echo ${PIPESTATUS[0]}"},
                .folder = site / "."});
  // Nothing more comes, so it can only have ended because its output is no longer read.
  EXPECT_EQ(outcome.exit, Exit{});
  EXPECT_THAT(outcome.output, testing::EndsWith("\n0\n"));
  EXPECT_EQ(outcome.errors, "");
}

TEST_F(TailCommand, EveryLineIsACloudEvent) {
  const auto outcome = site.run({"tail", "-n", "1"});
  const auto json = Json::parse(outcome.output);
  ASSERT_TRUE(json && json->is_object()) << outcome.output;
  EXPECT_EQ((*json)["specversion"], "1.0");
  EXPECT_EQ((*json)["type"], "shop.orders.insert");
}

// No relay is running, so that only the stream's own files can be used.
TEST_F(TailCommand, NeedsNoPermissionToWrite) {
  namespace fs = std::filesystem;
  const auto stream_files = {site / "events.db", site / "events.db-wal", site / "events.db-shm"};
  for (const std::string& file : stream_files) fs::permissions(file, fs::perms::owner_read);
  fs::permissions(site / ".", fs::perms::owner_read | fs::perms::owner_exec);
  auto command = site.command({"tail", "--from", "earliest"});
  command.bound_by_permissions = true;
  const auto outcome = rig::run(command);
  fs::permissions(site / ".", fs::perms::owner_all);
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_EQ(lines(outcome.output).size(), 15U);
}

TEST_F(TailCommand, AConsumerNeedsAName) {
  const auto outcome = site.run({"tail", "--consumer", ""});
  EXPECT_EQ(outcome.exit, (Exit{.code = 2}));
  EXPECT_THAT(outcome.errors, HasSubstr("a consumer needs a name"));
  const auto long_name = site.run({"tail", "--consumer", std::string(201, 'x')});
  EXPECT_EQ(long_name.exit, (Exit{.code = 2}));
  // An empty variable of a script, not a wish for all of them.
  EXPECT_EQ(site.run({"tail", "--relay", ""}).exit, (Exit{.code = 2}));
}

TEST(TailBefore, InitIsAnErrorOfTheStream) {
  const Site site;
  const auto outcome = site.run({"tail"});
  EXPECT_EQ(outcome.exit, stream_error) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("\n  next: headwater init -c shop.yaml\n"));
}

}  // namespace
}  // namespace headwater::cli
