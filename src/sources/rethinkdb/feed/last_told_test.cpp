#include "src/sources/rethinkdb/feed/last_told.h"

#include <gtest/gtest.h>

namespace headwater::rethinkdb {
namespace {

LastTold::Last change(std::uint64_t number, std::uint64_t version) {
  return {.number = number, .version = version};
}

TEST(RethinkLastTold, EachChangeHasTheNextVersionAndALargerNumber) {
  LastTold told;
  told.note("1", change(10, 3));
  EXPECT_FALSE(told.contradicted_by("1", change(11, 4)));
  EXPECT_FALSE(told.contradicted_by("2", change(5, 7)));
  for (const LastTold::Last wrong : {change(10, 3), change(11, 3), change(11, 5), change(9, 4)}) {
    const auto last = told.contradicted_by("1", wrong);
    ASSERT_TRUE(last) << wrong.number << ", version " << wrong.version;
    EXPECT_EQ(last->version, 3U);
  }
}

TEST(RethinkLastTold, ADocumentMayBeInsertedAgainAfterItWasRemoved) {
  LastTold told;
  told.note("1", change(10, 3));
  EXPECT_FALSE(told.contradicted_by("1", change(11, 1)));
  told.forget("1");
  EXPECT_FALSE(told.contradicted_by("1", change(11, 2)));
}

TEST(RethinkLastTold, RemembersTheLatestDocuments) {
  LastTold told(2);
  for (const char* key : {"1", "2", "3", "4"}) told.note(key, change(10, 3));
  told.note("2", change(11, 4));
  EXPECT_FALSE(told.contradicted_by("1", change(11, 9)));
  EXPECT_FALSE(told.contradicted_by("2", change(12, 5)));
  for (const char* key : {"2", "3", "4"}) EXPECT_TRUE(told.contradicted_by(key, change(12, 9)));
  told.clear();
  EXPECT_FALSE(told.contradicted_by("4", change(12, 9)));
}

}  // namespace
}  // namespace headwater::rethinkdb
