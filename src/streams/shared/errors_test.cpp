#include "src/streams/shared/errors.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace headwater::streams {
namespace {

TEST(StreamErrors, SayWhatTheCallerCanDo) {
  EXPECT_EQ(retry_later("stream.locked", "it is locked").remedy, Remedy::retry);
  EXPECT_EQ(unavailable("it is down").remedy, Remedy::retry);
  EXPECT_EQ(unavailable("it is down").name, "stream.unavailable");
  EXPECT_EQ(hopeless("stream.torn", "it is torn", "mend it").remedy, Remedy::stop);
  EXPECT_EQ(hopeless("stream.torn", "it is torn", "mend it").next, "mend it");
  EXPECT_EQ(conflict("the tail moved").remedy, Remedy::stand_by);
  EXPECT_EQ(conflict("the tail moved").name, "stream.conflict");
  EXPECT_EQ(newer_version("events.db", "9", "1").remedy, Remedy::stop);
}

TEST(StreamErrors, AreTheStreams) {
  for (const Error& error : {retry_later("n", "m"), unavailable("m"), hopeless("n", "m", "x"),
                             conflict("m"), newer_version("w", "2", "1")}) {
    EXPECT_EQ(error.origin, Origin::stream) << error.name;
  }
}

TEST(StreamErrors, AConflictNamesBothTails) {
  Tail found;
  found.sequence = 7;
  EXPECT_EQ(conflict("events.db", "shop", found, {}).message,
            "events.db: another relay shop has appended: the tail is event 7, expected was event "
            "0");
}

TEST(KnownCodes, AreLookedUpInTheRowsOfARoom) {
  constexpr std::array<Known<std::string_view>, 2> rows{{
      {"LOADING", Remedy::retry, "stream.unavailable", ""},
      {"NOAUTH", Remedy::stop, "stream.unauthorized", "set a password"},
  }};
  EXPECT_EQ(find_code(rows, "NOA"), nullptr);
  const auto* row = find_code(rows, "NOAUTH");
  ASSERT_NE(row, nullptr);
  const Error error = row->error("it says no");
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_EQ(error.origin, Origin::stream);
  EXPECT_EQ(error.name, "stream.unauthorized");
  EXPECT_EQ(error.message, "it says no");
  EXPECT_EQ(error.next, "set a password");
}

}  // namespace
}  // namespace headwater::streams
