// The handler that is a program, with programs that behave badly.
#include <gmock/gmock.h>

#include <csignal>

#include "src/consume/answer.h"
#include "src/consume/program_handler.h"
#include "src/consumer/testing.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/waiting.h"

namespace headwater::consume {
namespace {

using consumer::Events;
using consumer::Handled;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AnswerTest, WhatIsOneAndWhatIsNot) {
  EXPECT_EQ(answer_in("ok")->word, Answer::Word::ok);
  EXPECT_EQ(answer_in("ok\r")->word, Answer::Word::ok);
  EXPECT_EQ(answer_in("retry")->word, Answer::Word::retry);
  EXPECT_EQ(answer_in("retry later, please")->reason, "later, please");
  EXPECT_EQ(answer_in("reject no such row")->word, Answer::Word::reject);
  for (const char* line : {"", "OK", "okay", "ok fine", " ok", "rejected", "retrying", "{}"}) {
    EXPECT_FALSE(answer_in(line)) << line;
  }
}

/// In a container without an init, what has lost its parent stays as a zombie.
bool is_zombie(pid_t process) {
  const std::string status = rig::contents("/proc/" + std::to_string(process) + "/stat");
  const std::size_t end = status.rfind(") ");
  return end != std::string::npos && status[end + 2] == 'Z';
}

class ProgramTest : public ::testing::Test {
 protected:
  void SetUp() override { program_.timeout = Milliseconds(20'000); }

  /// Events of these partition keys.
  static std::shared_ptr<const Events> events(const std::vector<std::uint64_t>& rows) {
    auto batch = std::make_shared<Events>();
    for (const std::uint64_t row : rows) {
      Event event = consumer::shop_event(row, 1'000);
      event.id += "/" + std::to_string(batch->events.size());
      batch->events.push_back({.sequence = batch->events.size() + 1, .event = std::move(event)});
    }
    return batch;
  }

  Handled handle(const std::string& script, const std::shared_ptr<const Events>& batch,
                 const std::stop_token& stop = {}) {
    program_.words = {"sh", "-c", script};
    handler_ = std::make_unique<ProgramHandler>(program_, 0, programs_, clock_);
    return handler_->handle(batch, note_done(), stop);
  }

  [[nodiscard]] consumer::EventDone note_done() {
    return [this](std::size_t index) { done_.push_back(index); };
  }

  std::vector<std::size_t> done_;
  SystemClock clock_;
  Program program_{.words = {}, .consumer = "mail"};
  Programs programs_;
  std::unique_ptr<ProgramHandler> handler_;
};

constexpr const char* all_ok = "while read -r line; do echo ok; done";

TEST_F(ProgramTest, EachLineIsAnswered) {
  std::vector<std::uint64_t> rows;
  for (std::uint64_t i = 0; i < 3'000; ++i) rows.push_back(i % 700);
  const Handled handled = handle(all_ok, events(rows));
  EXPECT_THAT(handled.left, IsEmpty());
  EXPECT_TRUE(programs_.work);
}

TEST_F(ProgramTest, AnEventWaitsForTheAnswerAboutItsKey) {
  // Prints its input to stderr only when it has waited: so it would see a second line of one key.
  const Handled handled = handle(
      "read -r first; if read -r -t 0 next 2>/dev/null; then echo nonsense; fi; echo ok; "
      "read -r second; echo ok",
      events({7, 7}));
  EXPECT_THAT(handled.left, IsEmpty());
}

TEST_F(ProgramTest, AfterAFailureNoLaterEventOfItsKeyIsSent) {
  // The second line is row 2; row 1 comes again behind it.
  const Handled handled = handle("read -r a; echo retry not now; while read -r b; do echo ok; done",
                                 events({1, 2, 1, 3}));
  ASSERT_FALSE(handled.left.empty());
  EXPECT_EQ(handled.left.front(), 0U);
  EXPECT_THAT(handled.left, ::testing::Contains(2U));
  EXPECT_EQ(handled.failures.at(0).message, "not now");
  EXPECT_EQ(handled.failures.at(0).remedy, Remedy::retry);
}

TEST_F(ProgramTest, ARejectionSaysThatTryingAgainDoesNotHelp) {
  const Handled handled = handle("read -r a; echo reject no such row; read -r b", events({1}));
  EXPECT_THAT(handled.left, ElementsAre(0));
  EXPECT_EQ(handled.failures.at(0).name, "handler.rejected");
  EXPECT_EQ(handled.failures.at(0).remedy, Remedy::stop);
}

TEST_F(ProgramTest, GarbageEndsIt) {
  const Handled handled =
      handle("read -r a; echo ok; read -r b; echo hello world; sleep 100", events({1, 1, 2}));
  EXPECT_THAT(handled.left, ElementsAre(1, 2));
  EXPECT_EQ(handled.failures.at(1).name, "handler.bad_answer");
  EXPECT_THAT(handled.failures.at(1).message, HasSubstr("'hello world'"));
  EXPECT_FALSE(handled.blameless);
}

TEST_F(ProgramTest, AnEventIsDoneWhenItIsAnswered) {
  handle("read -r a; echo ok; read -r b; echo retry; read -r c; echo ok", events({1, 2, 3}));
  EXPECT_THAT(done_, ElementsAre(0, 2));
}

TEST_F(ProgramTest, AnAnswerBetweenTheEventsIsGarbage) {
  const rig::TemporaryFolder folder;
  const std::string said = folder / "said";
  const std::string go_on = folder / "go";
  EXPECT_THAT(handle("read -r a; echo ok; while [ ! -e " + go_on + " ]; do sleep 0.01; done; " +
                         "echo ok; echo > " + said + "; exec sleep 100",
                     events({1}))
                  .left,
              IsEmpty());
  rig::write_file(go_on, "");
  ASSERT_TRUE(rig::wait_until([&] { return !rig::contents(said).empty(); }));
  const Handled handled = handler_->handle(events({2}), note_done(), {});
  ASSERT_THAT(handled.left, ElementsAre(0));
  EXPECT_EQ(handled.failures.at(0).name, "handler.bad_answer");
  EXPECT_TRUE(handled.blameless);
}

TEST_F(ProgramTest, EachStartIsCounted) {
  handle("read -r a; echo nonsense", events({1}));
  EXPECT_EQ(programs_.starts, 1U);
  handler_->handle(events({2}), note_done(), {});
  EXPECT_EQ(programs_.starts, 2U);
}

TEST_F(ProgramTest, OneThatEndsBetweenTheEventsIsStartedAgain) {
  EXPECT_THAT(handle("read -r a; echo ok; exit 0", events({1})).left, IsEmpty());
  const Handled again = handler_->handle(events({2}), note_done(), {});
  // It may also end while it is asked.
  if (!again.left.empty()) {
    EXPECT_EQ(again.failures.at(0).name, "handler.ended");
  }
}

TEST_F(ProgramTest, AnAnswerBeforeTheWholeEventIsGarbage) {
  auto batch = std::make_shared<Events>(*events({1}));
  batch->events[0].event.data = "{\"after\":\"" + std::string(3'000'000, 'x') + "\"}";
  const Handled handled = handle("echo ok; exec sleep 100", batch);
  ASSERT_THAT(handled.left, ElementsAre(0));
  EXPECT_EQ(handled.failures.at(0).name, "handler.bad_answer");
}

TEST_F(ProgramTest, WhatItHasStartedEndsWithIt) {
  program_.timeout = Milliseconds(50);
  rig::TemporaryFolder folder;
  const std::string file = folder / "child";
  handle("sleep 1000 & echo $! > " + file + "; read -r a; wait", events({1}));
  const auto child = static_cast<pid_t>(std::stol(rig::contents(file)));
  EXPECT_TRUE(rig::wait_until([&] { return ::kill(child, 0) != 0 || is_zombie(child); }));
}

TEST_F(ProgramTest, AnAnswerToNothingIsGarbage) {
  const Handled handled = handle("read -r a; printf 'ok\\nok\\n'; sleep 100", events({1, 1}));
  EXPECT_THAT(handled.left, ElementsAre(1));
  EXPECT_THAT(handled.failures, IsEmpty());
  EXPECT_EQ(handled.cause->name, "handler.bad_answer");
}

TEST_F(ProgramTest, AFloodEndsIt) {
  const Handled handled =
      handle("head -c 100000000 /dev/zero | tr '\\0' x; sleep 100", events({1}));
  EXPECT_THAT(handled.left, ElementsAre(0));
  EXPECT_EQ(handled.failures.at(0).name, "handler.bad_answer");
  EXPECT_TRUE(handled.blameless);
}

TEST_F(ProgramTest, OneThatEndsIsStartedAgain) {
  const Handled handled = handle("read -r a; echo ok; read -r b; exit 7", events({1, 1, 1}));
  EXPECT_THAT(handled.left, ElementsAre(1, 2));
  EXPECT_EQ(handled.failures.at(1).name, "handler.ended");
  EXPECT_THAT(handled.failures.at(1).message, HasSubstr("code 7"));
  const Handled again = handler_->handle(events({1}), note_done(), {});
  EXPECT_THAT(again.left, IsEmpty());
}

TEST_F(ProgramTest, OneThatNeverAnswersIsToBlameItself) {
  EXPECT_TRUE(handle("exit 1", events({1})).blameless);
  programs_.work = true;
  EXPECT_FALSE(handle("exit 1", events({1})).blameless);
}

TEST_F(ProgramTest, AHangIsNoticed) {
  program_.timeout = Milliseconds(50);
  const Handled handled = handle("read -r a; echo ok; exec sleep 100", events({1, 1}));
  EXPECT_THAT(handled.left, ElementsAre(1));
  EXPECT_EQ(handled.failures.at(1).name, "handler.silent");
  EXPECT_THAT(handled.failures.at(1).next, HasSubstr("--timeout"));
}

TEST_F(ProgramTest, ItIsTheAnswersThatTakeTimeNotTheBatch) {
  program_.timeout = Milliseconds(2'000);
  const Handled handled =
      handle("while read -r a; do sleep 0.3; echo ok; done", events({1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THAT(handled.left, IsEmpty());
}

TEST_F(ProgramTest, AnEventLargerThanThePipeGoesThrough) {
  auto batch = std::make_shared<Events>(*events({1, 2}));
  batch->events[0].event.data = "{\"after\":\"" + std::string(3'000'000, 'x') + "\"}";
  EXPECT_THAT(handle(all_ok, batch).left, IsEmpty());
}

TEST_F(ProgramTest, ABatchGetsOneAnswer) {
  program_.in_batches = true;
  const std::string counting =
      "n=0; while read -r line; do if [ -z \"$line\" ]; then "
      "if [ $n = 3 ]; then echo ok; else echo reject $n; fi; n=0; else n=$((n+1)); fi; done";
  EXPECT_THAT(handle(counting, events({1, 1, 2})).left, IsEmpty());
  const Handled handled = handler_->handle(events({1, 2}), note_done(), {});
  EXPECT_THAT(handled.left, ElementsAre(0, 1));
  EXPECT_THAT(handled.failures, IsEmpty());
  EXPECT_EQ(handled.cause->message, "2");
  EXPECT_EQ(handler_->handle(events({1}), note_done(), {}).failures.at(0).message, "1");
}

TEST_F(ProgramTest, ItKnowsWhoItWorksFor) {
  const Handled handled = handle(
      "read -r a; echo reject $HEADWATER_CONSUMER $HEADWATER_WORKER ${HEADWATER_BATCH:-single}",
      events({1}));
  EXPECT_EQ(handled.failures.at(0).message, "mail 0 single");
}

TEST_F(ProgramTest, AStopWaitsForTheAnswerUnderWayOnly) {
  program_.grace = Milliseconds(20'000);
  std::stop_source stop;
  stop.request_stop();
  const Handled handled =
      handle("while read -r a; do sleep 0.1; echo ok; done", events({1, 1, 1}), stop.get_token());
  EXPECT_THAT(handled.left, ElementsAre(1, 2));
  EXPECT_THAT(handled.failures, IsEmpty());
  EXPECT_FALSE(handled.cause);
}

TEST_F(ProgramTest, OneThatDoesNotEndIsKilled) {
  program_.grace = Milliseconds(10);
  EXPECT_THAT(
      handle("trap '' TERM; read -r a; echo ok; while :; do sleep 1; done", events({1})).left,
      IsEmpty());
  handler_.reset();
}

}  // namespace
}  // namespace headwater::consume
