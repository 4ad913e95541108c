#include "src/streams/shared/findings.h"

#include <gtest/gtest.h>

namespace headwater::streams {
namespace {

TEST(StreamFindings, SayWhereARelaysEventsEnd) {
  Tail tail;
  EXPECT_EQ(describe_tail("shop", tail).what, "relay shop: has not appended yet");
  tail.source = "sqlite:1";
  EXPECT_EQ(describe_tail("shop", tail).what,
            "relay shop: has appended a position, and no event yet, from sqlite:1");
  tail.sequence = 4;
  EXPECT_EQ(describe_tail("shop", tail).what, "relay shop: its last event is 4, from sqlite:1");
}

TEST(StreamFindings, SayWhetherThereWasATailToForget) {
  EXPECT_EQ(describe_removal("shop", true, "events.db").what,
            "relay shop: tail forgotten in events.db; its events stay");
  EXPECT_EQ(describe_removal("shop", false, "events.db").what,
            "relay shop: had no tail in events.db; its events stay");
}

TEST(StreamFindings, TheFirstProblemIsAnError) {
  const Finding fine{.what = "fine"};
  const Finding bad{.kind = Finding::Kind::problem, .what = "bad", .next = "mend it"};
  const Finding worse{.kind = Finding::Kind::problem, .what = "worse", .next = "leave"};
  EXPECT_TRUE(without_problems({fine}, "stream.unsafe_settings", "Redis: "));
  const auto failed = without_problems({fine, bad, worse}, "stream.unsafe_settings", "Redis: ");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "stream.unsafe_settings");
  EXPECT_EQ(failed.error().message, "Redis: bad");
  EXPECT_EQ(failed.error().next, "mend it");
  EXPECT_EQ(failed.error().remedy, Remedy::stop);
}

TEST(StreamFindings, SizesAreRoundedUp) {
  EXPECT_EQ(mebibytes(0), "0 MiB");
  EXPECT_EQ(mebibytes(1), "1 MiB");
  EXPECT_EQ(mebibytes(3U << 20U), "3 MiB");
}

}  // namespace
}  // namespace headwater::streams
