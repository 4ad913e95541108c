// How often a program is given each event, with a consumer and real streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "src/consume/program_handler.h"
#include "src/consumer/testing.h"

namespace headwater::consume {
namespace {

using consumer::Counts;
using consumer::OnFailure;

class Handovers : public consumer::ShopTest {
 protected:
  /// Runs to the end of the stream. The script is called with an event's row in $row, and answers it;
  /// `first FILE` succeeds once.
  void consume(OnFailure on_failure, const std::string& script) {
    program_.words = {"sh", "-c",
                      "cd " + folder_.path().string() +
                          "; first() { [ ! -e $1 ] && : > $1; }; while read -r line; do "
                          "row=${line#*'\"subject\":\"'}; row=${row%%'\"'*}; echo $row >> given; " +
                          script + "; done"};
    consumer::Consumer consumer(*stream_, dead_.get(), options(on_failure), clock_);
    ASSERT_TRUE(consumer.open());
    auto ended = consumer.run(
        [&](unsigned) { return std::make_unique<ProgramHandler>(program_, 0, programs_, clock_); },
        {}, true);
    ASSERT_TRUE(ended) << ended.error().message;
    progress_ = consumer.progress();
  }
  /// How often each row was given to the program.
  [[nodiscard]] std::map<int, int> given() const {
    std::map<int, int> counts;
    std::istringstream rows(rig::contents(folder_ / "given"));
    for (int row = 0; rows >> row;) ++counts[row];
    return counts;
  }
  [[nodiscard]] static std::map<int, int> each_of_100(int times) {
    std::map<int, int> counts;
    for (int row = 1; row <= 100; ++row) counts[row] = times;
    return counts;
  }

  Program program_{.words = {}, .consumer = "mail"};
  Programs programs_;
  consumer::Progress progress_;
};

TEST_F(Handovers, ARejectedEventIsGivenOnce) {
  publish(100, 1'000);
  consume(OnFailure::dead_letter, "echo reject no such row");
  EXPECT_EQ(given(), each_of_100(1));
  EXPECT_EQ(progress_.causes, (Counts{{"handler.rejected", 100}}));
  EXPECT_EQ(progress_.retries, Counts());
  EXPECT_EQ(place(), 100U);
}

TEST_F(Handovers, AnEventThatNeverSucceedsUsesUpItsAttempts) {
  publish(100, 1'000);
  consume(OnFailure::dead_letter, "echo retry later");
  EXPECT_EQ(given(), each_of_100(3));
  EXPECT_EQ(progress_.causes, (Counts{{"handler.not_yet", 100}}));
  EXPECT_EQ(progress_.retries, (Counts{{"handler.not_yet", 200}}));
  const auto left = letters();
  EXPECT_EQ(left.open().size(), 100U);
  for (const auto& [number, letter] : left.open()) EXPECT_EQ(letter.attempts, 3U);
}

TEST_F(Handovers, AnOutageDoesNotUseUpTheAttemptsOfAll) {
  publish(100, 1'000);
  // It ends with the last attempt of row 2.
  consume(OnFailure::dead_letter,
          "if [ -e works ]; then echo ok; else [ $(grep -cx 2 given) -lt 3 ] || : > works; "
          "echo retry later; fi");
  EXPECT_EQ(progress_.dead_letters, 2U);
  EXPECT_EQ(progress_.handled, 98U);
  for (const auto& [row, times] : given()) EXPECT_LE(times, row > 2 ? 2 : 3) << row;
}

TEST_F(Handovers, OnlyWhatWasAnsweredWithRetryIsGivenAgain) {
  publish(100, 1'000);
  consume(OnFailure::dead_letter,
          "case $row in *3) echo reject;; *7) first $row && echo retry || echo ok;; *) echo ok;; "
          "esac");
  std::map<int, int> expected = each_of_100(1);
  for (int row = 7; row <= 100; row += 10) expected[row] = 2;
  EXPECT_EQ(given(), expected);
  EXPECT_EQ(progress_.handled, 90U);
  EXPECT_EQ(progress_.causes, (Counts{{"handler.rejected", 10}}));
  EXPECT_EQ(progress_.retries, (Counts{{"handler.not_yet", 10}}));
}

TEST_F(Handovers, EachEndOfTheProgramIsCounted) {
  publish(100, 1'000);
  consume(OnFailure::retry,
          "case $row in *3) first $row && echo retry || echo ok;; *7) first $row && exit 1; "
          "echo ok;; *) echo ok;; esac");
  EXPECT_EQ(progress_.handled, 100U);
  EXPECT_EQ(progress_.retries, (Counts{{"handler.ended", 10}, {"handler.not_yet", 10}}));
  EXPECT_EQ(programs_.starts, 11U);
}

TEST_F(Handovers, EventsOfARowStayInOrder) {
  publish(100, 3);
  consume(OnFailure::retry,
          "id=${line#*'\"id\":\"shop:'}; id=${id%%'\"'*}; "
          "if [ $((id % 4)) = 0 ] && first $id; then echo retry; else echo $id >> ok$row; echo ok; "
          "fi");
  for (const char* row : {"0", "1", "2"}) {
    std::vector<int> ids;
    std::istringstream lines(rig::contents(folder_ / (std::string("ok") + row)));
    for (int id = 0; lines >> id;) ids.push_back(id);
    EXPECT_GE(ids.size(), 33U);
    EXPECT_TRUE(std::ranges::is_sorted(ids)) << row;
  }
  EXPECT_EQ(progress_.retries, (Counts{{"handler.not_yet", 25}}));
}

}  // namespace
}  // namespace headwater::consume
