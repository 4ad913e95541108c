#include "src/sources/rethinkdb/feed/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

JournaledDocument document(const std::string& key, std::initializer_list<std::uint64_t> numbers) {
  JournaledDocument document{.key = key};
  for (const std::uint64_t number : numbers) document.pending.push_back({.number = number});
  return document;
}

TEST(RethinkPublished, HasOneWordForEachDocument) {
  Published published;
  published.add("1", {.key = "1", .number = 10});
  published.add("2", {.key = "2", .number = 11});
  published.add("1", {.key = "1", .number = 12});
  EXPECT_THAT(published.words(), ElementsAre(word_for("1", 12), word_for("2", 11)));
  EXPECT_EQ(published.number_of("1"), 12U);
  EXPECT_EQ(published.number_of("3"), 0U);
}

TEST(RethinkPublished, FindsADocumentAlsoAfterItsOlderChangesWereForgotten) {
  Published published;
  published.add("1", {.key = "1", .number = 10});
  published.add("1", {.key = "1", .number = 12});
  // Of the document that has only its last change pending, and so comes late in the index.
  EXPECT_GE(published.until(), 12U);
}

TEST(RethinkPublished, AWordReleasesWhatIsBeforeIt) {
  Published published;
  for (std::uint64_t number = 1; number <= 9; ++number)
    published.add("1", {.key = "1", .number = number});
  published.add("2", {.key = "2", .number = 5});
  const auto taken = published.released({word_for("1", 8), word_for("3", 1)});
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].number, 8U);
  EXPECT_EQ(published.meanings(), 2U);
  EXPECT_THAT(published.released({word_for("1", 8), word_for("1", 7)}), IsEmpty());
  published.forget(taken);
  EXPECT_EQ(published.size(), 2U);
  published.forget(published.released(published.words()));
  EXPECT_EQ(published.size(), 0U);
  EXPECT_EQ(published.meanings(), 0U);
}

TEST(RethinkPublished, LearnsWhatAPositionMeans) {
  Published published;
  published.begin({word_for("1", 10), word_for("2", 11), word_for("3", 12)}, 12);
  published.find(document("1", {9, 10, 13}));
  published.find(document("3", {14}));
  EXPECT_EQ(published.not_found(), 2U);
  published.drop_not_found();
  EXPECT_THAT(published.words(), ElementsAre(word_for("1", 10)));
  EXPECT_EQ(published.released(published.words()).size(), 1U);
}

TEST(RethinkPublished, TakesAPositionWithTwoWordsOfADocument) {
  Published published;
  published.begin({word_for("1", 10), word_for("1", 11)}, 12);
  published.find(document("1", {10, 11}));
  EXPECT_EQ(published.not_found(), 0U);
  EXPECT_EQ(published.number_of("1"), 11U);
  EXPECT_EQ(published.size(), 1U);
  EXPECT_EQ(published.released({word_for("1", 10), word_for("1", 11)}).size(), 2U);
  EXPECT_EQ(published.meanings(), 0U);
}

/// A snapshot reads a row while the removal of its last change is under way.
TEST(RethinkPublished, ARowDoesNotBringBackWhatIsBeingForgotten) {
  Published published;
  published.add("1", {.key = "1", .number = 10});
  const std::vector<Word> words = published.words();
  const std::vector<Taken> taken = published.released(words);
  ASSERT_EQ(taken.size(), 1U);
  published.add("1", {.key = "1", .number = 10});
  published.forget(taken);
  EXPECT_EQ(published.size(), 0U);
  EXPECT_EQ(published.meanings(), 0U);
  EXPECT_TRUE(published.released(words).empty());
}

}  // namespace
}  // namespace headwater::rethinkdb
