// A hint at who leads: when the core asks it, and what it makes of true and false answers.
#include <gtest/gtest.h>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

class CoreHint : public Core {
 protected:
  CoreHint() { options.hint_interval = Milliseconds(250); }

  template <class Task>
  Task hint() {
    return get<Task>(core->next_for_hint(now));
  }
  void ask(Result<Claim> answer) {
    hint<task::AskClaim>();
    core->claimed(std::move(answer), now);
  }
  void ask_later(Result<Claim> answer) {
    now = *hint<task::Wait>().until;
    ask(std::move(answer));
  }
  void give_up() {
    hint<task::GiveUpClaim>();
    core->gave_up();
  }
  [[nodiscard]] RelayState state() const { return core->progress().state; }
  static Result<Claim> away() { return fail(error(Remedy::retry, Origin::usage, "hint.away")); }

  /// Has found at its start that another relay leads, which is at `tail`.
  void start_as_standby(const Durable& tail) {
    make();
    ask(Claim::others);
    stream<task::ReadTail>();
    core->tail_read(tail, now);
  }
  /// A standby sees that the source has more than the tail. How long until it leads?
  SteadyTime::duration leads_after_peek() {
    look(at(9, "i"));
    open("i");
    read(batch({"j"}, "j"));
    close();
    const SteadyTime seen = now;
    while (state() != RelayState::leading && now < seen + 9 * options.takeover_after) {
      look(at(9, "i"));
    }
    return now - seen;
  }
  void append_one() {
    read(batch({"f"}, "f"));
    shape();
    append({"f"});
  }
};

TEST_F(CoreHint, WithoutOneTheLaneEndsAtOnce) {
  options.hint_interval = Milliseconds(0);
  make();
  hint<task::Finished>();
  stream<task::ReadTail>();
}

TEST_F(CoreHint, AStartWaitsForItsFirstAnswer) {
  make();
  stream<task::Wait>();
  ask(Claim::ours);
  lead(at(5, "e"));
  EXPECT_EQ(state(), RelayState::leading);
  EXPECT_EQ(core->progress().claim, Claim::ours);
}

TEST_F(CoreHint, AStartDoesNotWaitForAHintThatIsAway) {
  make();
  stream<task::Wait>();
  ask(away());
  lead(at(5, "e"));
  EXPECT_EQ(core->progress().retries.at("hint.away"), 1U);
  EXPECT_FALSE(core->progress().claim);
}

TEST_F(CoreHint, AStartDoesNotWaitLongForOneThatHangs) {
  make();
  hint<task::AskClaim>();
  const SteadyTime began = now;
  now = *stream<task::Wait>().until;
  EXPECT_EQ(now - began, options.hint_patience);
  lead(at(5, "e"));
  EXPECT_EQ(state(), RelayState::leading);
}

TEST_F(CoreHint, AStartBesideALeaderStandsByWithoutAConflict) {
  start_as_standby(at(9, "i"));
  EXPECT_EQ(state(), RelayState::standing_by);
  EXPECT_EQ(core->progress().conflicts, 0U);
}

/// The other may be dead, and its claim not lapsed yet: only a conflict is a reason to end.
TEST_F(CoreHint, ARelayThatShallEndAtAConflictDoesNotEndAtAClaim) {
  options.on_conflict = OnConflict::exit;
  make();
  ask(Claim::others);
  lead(at(9, "i"));
  EXPECT_FALSE(core->error());
  EXPECT_EQ(state(), RelayState::leading);
}

TEST_F(CoreHint, AStandbyLeadsAsSoonAsTheClaimIsItsOwn) {
  start_as_standby(at(9, "i"));
  ask_later(Claim::ours);
  stream<task::ReadTail>();
  core->tail_read(at(12, "l"), now);
  EXPECT_EQ(state(), RelayState::leading);
  EXPECT_EQ(core->progress().takeovers, 1U);
  open("l");
}

/// The tail was read before the claim was there, perhaps before the leader's last append.
TEST_F(CoreHint, AnEarlierLookIsNoReasonToLead) {
  start_as_standby(at(9, "i"));
  now += 2 * options.hint_interval;
  hint<task::AskClaim>();
  now = std::max(now, *stream<task::Wait>().until);
  stream<task::ReadTail>();
  now += Milliseconds(10);
  core->claimed(Claim::ours, now);
  core->tail_read(at(9, "i"), now);
  EXPECT_EQ(state(), RelayState::standing_by);
  stream<task::ReadTail>();
  core->tail_read(at(9, "i"), now);
  EXPECT_EQ(state(), RelayState::leading);
}

TEST_F(CoreHint, ALeaderRenewsItAndGivesItUpWhenItEnds) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  ask_later(Claim::ours);
  core->request_stop(now);
  stream<task::Finished>();
  give_up();
  hint<task::Finished>();
}

/// An answer that was lost may have made it ours.
TEST_F(CoreHint, AClaimThatFailedIsGivenUpAsWell) {
  make();
  ask(away());
  lead(at(5, "e"));
  core->request_stop(now);
  stream<task::Finished>();
  give_up();
  hint<task::Finished>();
}

TEST_F(CoreHint, AnotherRelaysClaimIsNotGivenUp) {
  start_as_standby(at(9, "i"));
  core->request_stop(now);
  stream<task::Finished>();
  hint<task::Finished>();
}

/// Two have led, and the stream has refused this one: the other has until then to claim.
TEST_F(CoreHint, AfterAConflictTheClaimGoesToTheWinner) {
  make();
  ask(Claim::ours);
  stand_by(at(9, "i"));
  EXPECT_FALSE(core->progress().claim);
  give_up();
  const SteadyTime lost = now;
  EXPECT_GE(*hint<task::Wait>().until, lost + 4 * options.hint_interval);
}

/// Two etcds, for example, one for each relay.
TEST_F(CoreHint, AHintThatCallsBothTheLeaderIsAskedEverLess) {
  make();
  ask(Claim::ours);
  stand_by(at(9, "i"));
  give_up();
  Milliseconds pause{0};
  for (std::uint64_t sequence = 9; sequence < 29; ++sequence) {
    const auto waited = *hint<task::Wait>().until - now;
    EXPECT_GE(waited, pause);
    pause = std::chrono::duration_cast<Milliseconds>(waited);
    ask_later(Claim::ours);
    stream<task::ReadTail>();
    core->tail_read(at(sequence, "i"), now);
    EXPECT_EQ(state(), RelayState::leading);
    check(at(sequence + 1, "j"));
    EXPECT_EQ(state(), RelayState::standing_by);
    give_up();
  }
  EXPECT_EQ(pause, 4 * 1024 * options.hint_interval);
  ask_later(Claim::others);
  EXPECT_LE(*hint<task::Wait>().until, now + options.hint_interval);
}

TEST_F(CoreHint, AnAnswerThatComesAfterTheConflictDoesNotMakeItLead) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  append_one();
  now = *hint<task::Wait>().until;
  hint<task::AskClaim>();
  core->appended(fail(conflict()), now);
  stream<task::ReadTail>();
  core->tail_read(at(9, "i"), now);
  core->claimed(Claim::ours, now);
  EXPECT_FALSE(core->progress().claim);
  look(at(9, "i"));
  EXPECT_EQ(state(), RelayState::standing_by);
  give_up();
}

/// Somebody else's process has the claim, but the stream has just taken our append.
TEST_F(CoreHint, ALeaderThatHasAppendedTakesTheClaim) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  ask_later(Claim::others);
  EXPECT_EQ(state(), RelayState::leading);
  ask_later(Claim::others);
  append_one();
  core->appended(at(6, "f"), now);
  hint<task::TakeClaim>();
  core->claimed(Claim::ours, now);
  EXPECT_EQ(core->progress().claim, Claim::ours);
}

/// It lies, or its holder hangs.
TEST_F(CoreHint, AStandbyTrustsAnotherRelaysClaimOnlyForAWhile) {
  start_as_standby(at(9, "i"));
  const auto patience = leads_after_peek();
  EXPECT_EQ(state(), RelayState::leading);
  EXPECT_GE(patience, options.hint_trust * options.takeover_after);
}

TEST_F(CoreHint, WhileItIsAwayAStandbyDoesAsWithoutIt) {
  start_as_standby(at(9, "i"));
  ask_later(away());
  EXPECT_LE(leads_after_peek(), 2 * options.takeover_after);
  EXPECT_EQ(state(), RelayState::leading);
}

/// Another relay may reach the stream.
TEST_F(CoreHint, ALeaderThatGetsNothingDoneLetsItLapse) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  append_one();
  core->appended(fail(stream_away()), now);
  ask_later(Claim::ours);
  now += options.takeover_after;
  hint<task::Wait>();
  EXPECT_FALSE(core->progress().claim);
}

/// The time that the append took counts, too.
TEST_F(CoreHint, AStreamThatIsSilentLetsItLapse) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  append_one();
  now += options.takeover_after - Milliseconds(100);
  core->appended(fail(stream_away()), now);
  ask(Claim::ours);
  now += options.hint_interval;
  hint<task::Wait>();
  EXPECT_FALSE(core->progress().claim);
}

TEST_F(CoreHint, WhileItFailsItIsAskedLessOften) {
  make();
  ask(away());
  SteadyTime::duration pause{};
  for (int i = 0; i < 10; ++i) {
    EXPECT_GE(*hint<task::Wait>().until - now, pause);
    pause = *hint<task::Wait>().until - now;
    ask_later(away());
  }
  EXPECT_EQ(pause, Milliseconds(5'000));
  ask_later(Claim::ours);
  EXPECT_EQ(*hint<task::Wait>().until - now, options.hint_interval);
}

TEST_F(CoreHint, AnAppendThatHangsLetsItLapse) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  append_one();
  now += options.takeover_after;
  hint<task::Wait>();
  core->appended(at(6, "f"), now);
  ask_later(Claim::ours);
}

/// After a doubt, another relay leads: trying to would only bring a conflict.
TEST_F(CoreHint, AfterADoubtItMayStandBy) {
  make();
  ask(Claim::ours);
  lead(at(5, "e"));
  append_one();
  core->appended(fail(stream_away()), now);
  ask_later(Claim::others);
  now += options.retry_longest;
  stream<task::ReadTail>();
  core->tail_read(at(9, "i"), now);
  EXPECT_EQ(state(), RelayState::standing_by);
}

}  // namespace
}  // namespace headwater
