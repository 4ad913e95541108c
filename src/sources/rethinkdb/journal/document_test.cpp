#include "src/sources/rethinkdb/journal/document.h"

#include <gtest/gtest.h>

namespace headwater::rethinkdb {
namespace {

/// A program goes on to delete while the hook is away, and a document may have had no journal then.
TEST(RethinkDocument, AMarkWithoutAJournalIsADeletion) {
  const auto document = take_apart(R"({"_hw":{"gone":true},"id":17,"total":5})", "id");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_TRUE(document->gone);
  EXPECT_EQ(document->number, 0U);
  EXPECT_TRUE(document->pending.empty());
}

TEST(RethinkDocument, WhatTheHookDoesNotWriteIsAnError) {
  for (const char* journal :
       {R"({})", R"({"gone":false})", R"({"gone":true,"n":5})", R"([])", R"({"n":5,"v":1})",
        R"({"n":5,"v":1,"log":[{"n":6,"v":1,"op":"insert"}]})"}) {
    const auto document = take_apart(std::string(R"({"id":17,"_hw":)") + journal + "}", "id");
    ASSERT_FALSE(document) << journal;
    EXPECT_EQ(document.error().name, "source.bad_journal") << journal;
  }
}

}  // namespace
}  // namespace headwater::rethinkdb
