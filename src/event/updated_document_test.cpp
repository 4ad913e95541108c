#include "src/event/updated_document.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

std::string after(const std::string& document, const std::string& description,
                  bool creates_parents = false) {
  return updated_document(document, R"({"updateDescription":)" + description + "}", creates_parents)
      .value_or("?");
}

TEST(UpdatedDocument, SetsAndRemovesFields) {
  EXPECT_EQ(
      after(R"({"_id":1,"a":1,"b":2})",
            R"({"updatedFields":{"a":{"$numberDecimal":"1.10"},"new":[1]},"removedFields":["b"]})"),
      R"({"_id":1,"a":{"$numberDecimal":"1.10"},"new":[1]})");
  EXPECT_EQ(
      after(R"({"_id":1})", R"({"updatedFields":{},"removedFields":[],"truncatedArrays":[]})"),
      R"({"_id":1})");
  EXPECT_EQ(after(R"({"a":"\"}","b":{}})", R"({"updatedFields":{"b":"{"}})"),
            R"({"a":"\"}","b":"{"})");
}

TEST(UpdatedDocument, FollowsDottedPaths) {
  EXPECT_EQ(after(R"({"a":{"b":{"c":1,"d":2},"e":3},"f":4})",
                  R"({"updatedFields":{"a.b.c":9,"a.b.n":8},"removedFields":["a.e"]})"),
            R"({"a":{"b":{"c":9,"d":2,"n":8}},"f":4})");
}

TEST(UpdatedDocument, TakesNumbersAsIndexesInArraysAndAsNamesInDocuments) {
  EXPECT_EQ(after(R"({"l":[1,{"x":1},3],"d":{"1":"one"}})",
                  R"({"updatedFields":{"l.1.x":2,"l.2":4,"d.1":"uno","d.2":"due"}})"),
            R"({"l":[1,{"x":2},4],"d":{"1":"uno","2":"due"}})");
}

TEST(UpdatedDocument, FillsAnArrayUpToANewIndex) {
  EXPECT_EQ(after(R"({"l":[1]})", R"({"updatedFields":{"l.3":4}})"), R"({"l":[1,null,null,4]})");
  EXPECT_EQ(after(R"({"l":[]})", R"({"updatedFields":{"l.0":1,"l.1":2,"l.10":3}})"),
            R"({"l":[1,2,null,null,null,null,null,null,null,null,3]})");
}

TEST(UpdatedDocument, TruncatesBeforeItSets) {
  EXPECT_EQ(after(R"({"l":[1,2,3,4],"m":{"n":[1,2]}})",
                  R"({"updatedFields":{"l.1":9},"truncatedArrays":[{"field":"l","newSize":2},)"
                  R"({"field":"m.n","newSize":{"$numberInt":"1"}}]})"),
            R"({"l":[1,9],"m":{"n":[1]}})");
}

TEST(UpdatedDocument, PassesOverWhatALaterChangeHasTakenAway) {
  EXPECT_EQ(after(R"({"a":5,"l":"x","m":[1]})",
                  R"({"updatedFields":{"a.b":1,"l.0":2,"m.k":3},"removedFields":["gone.x","n"]})"),
            R"({"a":5,"l":"x","m":[1]})");
}

TEST(UpdatedDocument, MakesTheBeginningOfAPathOnlyWhereTheServerDid) {
  const auto* const description = R"({"updatedFields":{"a.b.0":1}})";
  EXPECT_EQ(after(R"({"_id":1})", description, true), R"({"_id":1,"a":{"b":{"0":1}}})");
  EXPECT_EQ(after(R"({"_id":1})", description, false), "?");
}

TEST(UpdatedDocument, DoesNotGuessWhereANameHasDots) {
  EXPECT_EQ(after(R"({"a":{"b":1},"a.b":2})", R"({"updatedFields":{"a.b":3}})"), "?");
  EXPECT_EQ(after(R"({"a":{"b":1},"a.b":2,"l":[{"0":1}]})",
                  R"({"updatedFields":{"l.0.0":5},"disambiguatedPaths":{"l.0.0":["l",0,"0"]}})"),
            R"({"a":{"b":1},"a.b":2,"l":[{"0":5}]})");
  EXPECT_EQ(
      after(R"({"a.b":2})", R"({"updatedFields":{"a.b":3},"disambiguatedPaths":{"a.b":["a.b"]}})"),
      R"({"a.b":3})");
}

TEST(UpdatedDocument, NeedsADescription) {
  EXPECT_FALSE(updated_document(R"({"a":1})", "", false));
  EXPECT_FALSE(updated_document(R"({"a":1})", R"({"wallTime":1})", false));
  EXPECT_FALSE(updated_document("", R"({"updateDescription":{}})", false));
  EXPECT_EQ(after(R"({"a":1})", R"({"truncatedArrays":[{"field":"l"}]})"), "?");
  EXPECT_EQ(after(R"({"a":1})", R"({"removedFields":[1]})"), "?");
}

/// A document that was looked up late has later changes in it; going through those again must lead
/// to the same end.
TEST(UpdatedDocument, ReplayFromAnyLaterDocumentEndsTheSame) {
  const std::string changes[] = {
      R"({"updatedFields":{"l.2":3,"a":{"x":1}}})",
      R"({"updatedFields":{"a.y":2},"truncatedArrays":[{"field":"l","newSize":1}]})",
      R"({"updatedFields":{"l.1":9},"removedFields":["a"]})",
      R"({"updatedFields":{"a":[1],"b":0}})",
      R"({"updatedFields":{"a.1":2},"removedFields":["b"]})"};
  std::string states[6] = {R"({"l":[1,2]})"};
  for (int i = 0; i < 5; ++i) states[i + 1] = after(states[i], changes[i]);
  EXPECT_EQ(states[5], R"({"l":[1,9],"a":[1,2]})");
  for (int told = 0; told < 5; ++told) {
    for (int looked_up = told; looked_up <= 5; ++looked_up) {
      std::string document = states[looked_up];
      for (int i = told; i < 5 && document != "?"; ++i)
        document = after(document, changes[i], true);
      EXPECT_EQ(document, states[5]) << told << ' ' << looked_up;
    }
  }
}

TEST(UpdatedDocument, NamesTheFieldsThatItTouches) {
  const auto fields = touched_fields(
      R"({"updateDescription":{"updatedFields":{"a":1,"b.c":2},"removedFields":["d","e.f"],)"
      R"("truncatedArrays":[{"field":"g","newSize":1}]}})");
  ASSERT_TRUE(fields);
  std::string text;
  for (const TouchedField& field : *fields) (text += field.name) += field.inside ? "+ " : " ";
  EXPECT_EQ(text, "a b+ d e+ g+ ");
  EXPECT_FALSE(touched_fields(R"({"other":1})"));
}

}  // namespace
}  // namespace headwater
