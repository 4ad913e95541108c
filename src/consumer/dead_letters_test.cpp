#include "src/consumer/dead_letters.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "src/consumer/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::consumer {
namespace {

using ::testing::ElementsAre;
using Kind = LetterRecord::Kind;

class DeadLettersTest : public ShopTest {
 protected:
  /// Runs to the end; events of `failing` cannot be handled.
  std::vector<std::uint64_t> consume(const std::set<std::uint64_t>& failing) {
    Record record;
    Consumer consumer(*stream_, dead_.get(), options(OnFailure::dead_letter), clock_);
    EXPECT_TRUE(consumer.open());
    auto ended = consumer.run(
        [&](unsigned) {
          return std::make_unique<Recorder>(record, [&](const StoredEvent& stored) {
            return failing.contains(stored.sequence) ? std::optional(never()) : std::nullopt;
          });
        },
        {}, true);
    EXPECT_TRUE(ended) << ended.error().message;
    return record.handled();
  }

  /// Runs until `letter` was replayed.
  std::vector<std::uint64_t> consume_until_replayed(std::uint64_t letter,
                                                    const std::set<std::uint64_t>& failing = {}) {
    Record record;
    std::stop_source stop;
    Consumer consumer(
        *stream_, dead_.get(), options(OnFailure::dead_letter), clock_, [&](const Note& note) {
          const bool replayed = note.kind == Note::Kind::replayed && note.sequence == letter;
          if (replayed || note.kind == Note::Kind::dead_letter) stop.request_stop();
        });
    EXPECT_TRUE(consumer.open());
    auto ended = consumer.run(
        [&](unsigned) {
          return std::make_unique<Recorder>(record, [&](const StoredEvent& stored) {
            return failing.contains(stored.sequence) ? std::optional(never()) : std::nullopt;
          });
        },
        stop.get_token(), false);
    EXPECT_TRUE(ended) << ended.error().message;
    open_seen_ = consumer.progress().letters_open;
    return record.handled();
  }

  void mark(Kind kind, std::uint64_t letter) {
    DeadLetters dead(*dead_, clock_);
    const LetterRecord record{.kind = kind, .consumer = "mail", .letter = letter};
    ASSERT_TRUE(dead.append({&record, 1}, {}));
  }

  std::optional<std::uint64_t> open_seen_;  // by the last consumer
  [[nodiscard]] std::vector<std::uint64_t> open_letters() const {
    std::vector<std::uint64_t> numbers;
    const Letters all = letters();
    for (const auto& [number, letter] : all.open()) numbers.push_back(number);
    return numbers;
  }
};

TEST_F(DeadLettersTest, OneIsHandedOverAgainWhenItIsAskedFor) {
  publish(10);
  EXPECT_EQ(consume({4, 6}).size(), 8U);
  EXPECT_THAT(open_letters(), ElementsAre(1, 2));
  mark(Kind::replay, 1);
  const Letters asked = letters();
  EXPECT_TRUE(asked.open().at(1).replaying);
  EXPECT_THAT(consume_until_replayed(1), ElementsAre(4));
  EXPECT_THAT(open_letters(), ElementsAre(2));
  EXPECT_GE(open_seen_, 1U);
}

TEST_F(DeadLettersTest, OneThatFailsAgainIsAnotherLetter) {
  publish(10);
  consume({4});
  mark(Kind::replay, 1);
  EXPECT_TRUE(consume_until_replayed(1, {4}).empty());
  // The request was record 2, and what closed the first one is record 4.
  EXPECT_THAT(open_letters(), ElementsAre(3));
  const Letters again = letters();
  EXPECT_FALSE(again.open().at(3).replaying);
}

TEST_F(DeadLettersTest, ADroppedOneIsGone) {
  publish(10);
  consume({4, 6});
  mark(Kind::drop, 1);
  EXPECT_THAT(open_letters(), ElementsAre(2));
}

TEST_F(DeadLettersTest, AConsumerThatStartsAgainIsGivenThemAgain) {
  publish(10);
  EXPECT_EQ(consume({4, 6}).size(), 8U);
  mark(Kind::drop, 1);
  ASSERT_TRUE((*stream_->reader())->forget("mail"));
  EXPECT_EQ(consume({}).size(), 10U);
}

TEST_F(DeadLettersTest, ARunToTheEndReplaysWhatIsAskedFor) {
  publish(10);
  EXPECT_EQ(consume({2, 4, 6}).size(), 7U);
  mark(Kind::replay, 1);
  mark(Kind::replay, 3);
  EXPECT_THAT(consume({}), ::testing::UnorderedElementsAre(2, 6));
  EXPECT_THAT(open_letters(), ElementsAre(2));
}

TEST_F(DeadLettersTest, ARunToTheEndCountsThoseThatAreOpen) {
  publish(10);
  Record record;
  Consumer consumer(*stream_, dead_.get(), options(OnFailure::dead_letter), clock_);
  ASSERT_TRUE(consumer.open());
  const auto fails = [&](const StoredEvent& stored) -> std::optional<Error> {
    if (stored.sequence == 4 || stored.sequence == 6) return never();
    const auto open = [&] { return consumer.progress().letters_open; };
    if (stored.sequence == 8) {
      EXPECT_TRUE(rig::wait_until([&] { return open() == 2U; }));
      mark(Kind::drop, 1);
    }
    if (stored.sequence == 10) {
      EXPECT_TRUE(rig::wait_until([&] { return open() == 1U; }));
    }
    return std::nullopt;
  };
  EXPECT_TRUE(
      consumer.run([&](unsigned) { return std::make_unique<Recorder>(record, fails); }, {}, true));
  EXPECT_EQ(record.handled().size(), 8U);
}

TEST_F(DeadLettersTest, EachConsumerHasItsOwn) {
  publish(10);
  consume({4});
  const Letters billing = letters("billing");
  EXPECT_TRUE(billing.open().empty());
  EXPECT_THAT(open_letters(), ElementsAre(1));
}

// It died between the dead letter and the acknowledgement.
TEST_F(DeadLettersTest, AnEventThatIsOneAlreadyIsNotHandedOverAgain) {
  publish(10);
  ASSERT_TRUE((*stream_->reader())->acknowledge("mail", 0));
  DeadLetters dead(*dead_, clock_);
  ASSERT_TRUE(dead.open());
  const LetterRecord record{.kind = Kind::dead,
                            .consumer = "mail",
                            .event = StoredEvent{.sequence = 4, .event = shop_event(4, 10)},
                            .cause_name = "test.never"};
  ASSERT_TRUE(dead.append({&record, 1}, {}));
  EXPECT_EQ(consume({}).size(), 9U);
  EXPECT_THAT(open_letters(), ElementsAre(1));
  EXPECT_EQ(place(), 10U);
}

TEST_F(DeadLettersTest, SeveralAppendAtOnce) {
  {
    DeadLetters dead(*dead_, clock_);
    ASSERT_TRUE(dead.open());
  }
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      DeadLetters dead(*dead_, clock_);
      for (std::uint64_t n = 1; n <= 20; ++n) {
        const LetterRecord record{.kind = Kind::dead,
                                  .consumer = "mail",
                                  .event = StoredEvent{.sequence = n, .event = shop_event(n, 10)},
                                  .cause = std::to_string(i)};
        auto appended = dead.append({&record, 1}, {});
        EXPECT_TRUE(appended) << appended.error().message;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(open_letters().size(), 80U);
}

/// A stream whose appends fail.
class FullStream final : public PassedStream {
 public:
  FullStream(StreamAdapter& inner, Remedy remedy) : PassedStream(inner), remedy_(remedy) {}
  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    if (remedy_ == Remedy::retry && ++tries_ > 3) return PassedStream::writer(relay);
    return fail({.remedy = remedy_, .origin = Origin::stream, .name = "stream.full"});
  }

 private:
  Remedy remedy_;
  int tries_ = 0;
};

TEST_F(DeadLettersTest, AFullStreamOfThemStopsTheConsumerBeforeTheEvent) {
  publish(10);
  FullStream full(*dead_, Remedy::stop);
  Record record;
  Consumer consumer(*stream_, &full, options(OnFailure::dead_letter), clock_);
  ASSERT_TRUE(consumer.open());
  const auto run = [&](Consumer& running) {
    return running.run(
        [&](unsigned) {
          return std::make_unique<Recorder>(record, [](const StoredEvent& stored) {
            return stored.sequence == 4 ? std::optional(never()) : std::nullopt;
          });
        },
        {}, true);
  };
  auto ended = run(consumer);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().name, "stream.full");
  EXPECT_EQ(place(), 3U);

  // One that is full for a while is waited for.
  FullStream for_a_while(*dead_, Remedy::retry);
  Consumer patient(*stream_, &for_a_while, options(OnFailure::dead_letter), clock_);
  ASSERT_TRUE(patient.open());
  ended = run(patient);
  EXPECT_TRUE(ended);
  EXPECT_EQ(place(), 10U);
  EXPECT_EQ(open_letters().size(), 1U);
}

}  // namespace
}  // namespace headwater::consumer
