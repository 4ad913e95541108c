// How a relay stops, and what happens to a source that nobody reads.
#include <gtest/gtest.h>

#include <algorithm>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

TEST_F(Core, AStopWaitsForAnAppendForAWhile) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  shape();
  append({"a"});
  core->request_stop(now);
  EXPECT_FALSE(core->stream_call_is_in_vain(now));
  // So that somebody looks at the time.
  EXPECT_EQ(source<task::Wait>().until, now + options.stop_patience);
  now += options.stop_patience;
  EXPECT_TRUE(core->stream_call_is_in_vain(now));
  EXPECT_FALSE(source<task::Wait>().until);
  core->appended(fail(stopped(Origin::stream)), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
}

TEST_F(Core, AStopWaitsForNoTail) {
  make();
  stream<task::ReadTail>();
  core->request_stop(now);
  EXPECT_TRUE(core->stream_call_is_in_vain(now));
  core->tail_read(fail(stopped(Origin::stream)), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
  EXPECT_TRUE(std::ranges::none_of(
      notes.all, [](const RelayNote& note) { return note.kind == RelayNote::Kind::retrying; }));
}

TEST_F(Core, AStopEndsTheOpeningOfTheSource) {
  make();
  stream<task::ReadTail>();
  core->tail_read(at(0, ""), now);
  source<task::Open>();
  core->request_stop(now);
  EXPECT_TRUE(core->source_call_is_in_vain());
  core->opened(fail(stopped(Origin::source)), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
}

TEST_F(Core, TheSourceIsTendedWhileTheQueueIsFull) {
  options.tend_interval = second;
  options.changes_bytes = 1;
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  EXPECT_EQ(source<task::Wait>().until, now + second);
  now += second;
  source<task::Tend>();
  core->tended({}, now);
  EXPECT_EQ(source<task::Wait>().until, now + second);
}

TEST_F(Core, TheSourceIsTendedWhileTheStreamIsAway) {
  options.tend_interval = second;
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  EXPECT_EQ(source<task::Wait>().until, now + second);
  now += second;
  source<task::Tend>();
  // It is opened again anyway.
  core->tended(fail(error(Remedy::retry, Origin::source, "source.away")), now);
  EXPECT_FALSE(source<task::Wait>().until);
}

TEST_F(Core, ASourceThatCannotBeTendedIsOpenedAgain) {
  options.tend_interval = second;
  options.changes_bytes = 1;
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  now += second;
  source<task::Tend>();
  core->tended(fail(error(Remedy::retry, Origin::source, "source.away")), now);
  now = *source<task::Wait>().until;
  open("a");
}

TEST_F(Core, AStandbyClosesItsSource) {
  make();
  stand_by(at(9, "i"));
  EXPECT_FALSE(source<task::Wait>().until);
  // It looks whether there is more, and closes it again.
  look(at(9, "i"));
  open("i");
  read(batch({"j"}, "j"));
  close();
  EXPECT_FALSE(source<task::Wait>().until);
}

TEST_F(Core, AStopSavesThePositionAtOnce) {
  make();
  lead(at(0, ""));
  read(batch({}, "c"));
  core->request_stop(now);
  EXPECT_EQ(append({}).position.token, "c");
  core->appended(at(0, "c"), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
  source<task::Release>();
  core->released({}, now);
  source<task::Finished>();
  EXPECT_TRUE(std::holds_alternative<task::Finished>(core->next_for_shape()));
}

TEST_F(Core, AStopBeginsNoAppendWhenAppendsAreSlow) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  shape();
  append({"a"});
  now += second;
  core->appended(at(1, "a"), now);
  source<task::Release>();
  core->released({}, now);
  read(batch({"b"}, "b"));
  shape();
  source<task::Read>();
  core->request_stop(now);
  EXPECT_TRUE(core->source_call_is_in_vain());
  stream<task::Finished>();
}

}  // namespace
}  // namespace headwater
