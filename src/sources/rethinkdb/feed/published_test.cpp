#include "src/sources/rethinkdb/feed/published.h"

#include <gtest/gtest.h>

namespace headwater::rethinkdb {
namespace {

/// Its earlier change may be forgotten by the time that a position is read, and then the index has the
/// document at the later one.
TEST(RethinkPublished, ADocumentIsSoughtUpToItsLastChange) {
  Published published;
  published.add("1", {.key = "1", .number = 10});
  published.add("1", {.key = "1", .number = 15});
  EXPECT_EQ(published.until(), 15U);

  Published again;
  again.begin(published.words(), published.until());
  JournaledDocument document{.key = "1", .number = 15, .version = 2};
  document.pending.push_back({.number = 15, .version = 2, .op = Op::update});
  EXPECT_LE(document.first_pending(), again.until());
  again.find(document);
  EXPECT_EQ(again.not_found(), 0U);
  EXPECT_EQ(again.number_of("1"), 15U);
}

}  // namespace
}  // namespace headwater::rethinkdb
