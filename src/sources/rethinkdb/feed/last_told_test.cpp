#include "src/sources/rethinkdb/feed/last_told.h"

#include <gtest/gtest.h>

namespace headwater::rethinkdb {
namespace {

using Fit = LastTold::Fit;

LastTold::Last change(std::uint64_t number, std::uint64_t version) {
  return {.number = number, .version = version};
}

class RethinkLastTold : public ::testing::Test {
 protected:
  void tell(const std::string& key, LastTold::Last last) {
    told_.returned(key, last);
    told_.in_stream(key, last);
  }
  [[nodiscard]] Fit fit(const std::string& key, LastTold::Last next) const {
    return told_.fit(key, next, 100);
  }
  LastTold told_{2};
};

TEST_F(RethinkLastTold, EachChangeHasTheNextVersionAndALargerNumber) {
  tell("1", change(10, 3));
  EXPECT_EQ(fit("1", change(11, 4)), Fit::good);
  EXPECT_EQ(fit("2", change(5, 7)), Fit::good);
  for (const LastTold::Last wrong : {change(11, 3), change(11, 5), change(9, 4), change(10, 4)}) {
    EXPECT_EQ(fit("1", wrong), Fit::contradicts) << wrong.number << ", version " << wrong.version;
  }
}

TEST_F(RethinkLastTold, WhatWasToldIsNotToldAgain) {
  tell("1", change(10, 3));
  EXPECT_EQ(fit("1", change(10, 3)), Fit::told);
  EXPECT_EQ(fit("1", change(9, 2)), Fit::told);
  EXPECT_EQ(fit("1", change(8, 1)), Fit::told);
  // The document itself has gone back.
  EXPECT_EQ(told_.fit("1", change(9, 2), 9), Fit::contradicts);
}

TEST_F(RethinkLastTold, ADocumentMayBeInsertedAgainAfterItWasRemoved) {
  tell("1", change(10, 3));
  EXPECT_EQ(fit("1", change(11, 1)), Fit::good);
  EXPECT_EQ(fit("1", change(11, 2)), Fit::contradicts);
  tell("1", {});
  EXPECT_EQ(fit("1", change(11, 2)), Fit::good);
}

TEST_F(RethinkLastTold, WhatIsReturnedMayNotGetIntoTheStream) {
  tell("1", change(10, 3));
  told_.returned("1", change(11, 4));
  told_.returned("1", change(12, 5));
  EXPECT_EQ(fit("1", change(13, 6)), Fit::good);
  told_.in_stream("1", change(11, 4));
  EXPECT_EQ(fit("1", change(13, 6)), Fit::good);
  told_.drop_returned();
  EXPECT_EQ(fit("1", change(13, 6)), Fit::contradicts);
  EXPECT_EQ(fit("1", change(12, 5)), Fit::good);
}

TEST_F(RethinkLastTold, RemembersTheLatestDocuments) {
  for (const char* key : {"1", "2", "3", "4"}) tell(key, change(10, 3));
  tell("2", change(11, 4));
  EXPECT_EQ(fit("1", change(11, 9)), Fit::good);
  EXPECT_EQ(fit("2", change(12, 5)), Fit::good);
  for (const char* key : {"2", "3", "4"}) EXPECT_EQ(fit(key, change(12, 9)), Fit::contradicts);
  told_.clear();
  EXPECT_EQ(fit("4", change(12, 9)), Fit::good);
}

TEST_F(RethinkLastTold, WhatIsReleasedAgainIsNotTheLast) {
  tell("1", change(10, 3));
  told_.in_stream("1", change(9, 2));
  EXPECT_EQ(fit("1", change(10, 3)), Fit::told);
}

}  // namespace
}  // namespace headwater::rethinkdb
