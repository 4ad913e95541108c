// What a file says without the variables and files that it refers to.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "src/config/config.h"
#include "src/config/substitute.h"
#include "src/config/testing.h"

namespace headwater::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class SurveyTest : public ::testing::Test {
 protected:
  Result<Survey> survey_of(const std::string& yaml) const {
    return survey(folder_.write("shop.yaml", yaml));
  }
  /// The complaint about source.x of a file, after `read` has read it.
  template <class Read>
  std::string complaint_after(const std::string& values, const Read& read) const {
    auto survey = survey_of("relay: a\nsource: { x: " + values + " }\nstream: { }\n");
    EXPECT_TRUE(survey);
    Section section = survey->configuration.relays.front().source.child("x");
    read(section);
    return complaint(section);
  }

  TemporaryFolder folder_;
};

TEST_F(SurveyTest, AnUnsetVariableStaysAsItIsWritten) {
  auto survey = survey_of("relay: a\nsource: { x: { uri: 'db://${NOWHERE}:${file:pw}@h' } }\n");
  ASSERT_TRUE(survey) << survey.error().message;
  EXPECT_THAT(survey->text, HasSubstr("db://${NOWHERE}"));
  Section source = survey->configuration.relays.front().source.child("x");
  EXPECT_EQ(source.address("uri"), "db://${NOWHERE}:${file:pw}@h");
  EXPECT_TRUE(source.finish());
}

TEST_F(SurveyTest, AnUnknownValueIsNotWrong) {
  const auto read = [](Section& x) {
    EXPECT_EQ(x.integer_or("i", 7, 0, 9), 7);
    EXPECT_TRUE(x.flag_or("f", true));
    EXPECT_EQ(x.choice_or("c", {"a", "b"}, 1), 1U);
    EXPECT_EQ(x.duration("d"), std::nullopt);
    EXPECT_EQ(x.size("s"), std::nullopt);
    EXPECT_EQ(x.list_or_all("l"), std::nullopt);
    x.complain("i", "is not what I like");
  };
  EXPECT_EQ(
      complaint_after("{ i: '${A}', f: '${A}', c: '${A}', d: '${A}', s: '${A}', l: '${A}' }", read),
      "");
}

TEST_F(SurveyTest, AKnownValueIsCheckedAsEver) {
  const auto read = [](Section& x) { x.integer_or("i", 7, 0, 9); };
  EXPECT_THAT(complaint_after("{ i: many }", read), HasSubstr("not a whole number"));
  EXPECT_THAT(complaint_after("{ i: 1, j: '${A}' }", read), HasSubstr("unknown key 'j'"));
  EXPECT_THAT(complaint_after("{ i: '${A' }", read), HasSubstr("no closing '}'"));
  EXPECT_THAT(complaint_after("{ i: 1 }",
                              [](Section& x) {
                                x.integer_or("i", 7, 0, 9);
                                x.complain("i", "is not what I like");
                              }),
              HasSubstr("is not what I like"));
}

TEST_F(SurveyTest, TellsWhatEachTextIsFor) {
  auto survey = survey_of(
      "relay: a\nsource:\n  x:\n    data: d\n    file: f\n    at: [h:1, h:2]\n    none: ''\n");
  ASSERT_TRUE(survey);
  Section x = survey->configuration.relays.front().source.child("x");
  x.data_path("data");
  x.path("file");
  x.addresses("at");
  x.path_or_none("none");
  x.names_file("data", "/etc/ca.pem");
  std::vector<std::string> texts;
  for (const ReadText& text : x.read_texts()) {
    texts.push_back(text.key + ":" + std::to_string(text.line) + " " + text.written + " " +
                    std::to_string(static_cast<int>(text.use)));
  }
  EXPECT_THAT(texts, ElementsAre("source.x.data:4 d 3", "source.x.file:5 f 1",
                                 "source.x.at:6 h:1 4", "source.x.at:6 h:2 4", "source.x.none:7  1",
                                 "source.x.data:4 /etc/ca.pem 2"));
}

TEST_F(SurveyTest, TheTopHasTheKeysOfTheWholeFile) {
  auto several = survey_of(
      "serve: { tokens: [ { token: '${T}' } ] }\nrelays: [ { relay: a, source: { }, stream: { } } "
      "]");
  ASSERT_TRUE(several) << several.error().message;
  EXPECT_THAT(several->configuration.top.read_texts(), SizeIs(1));
}

TEST(Pieces, AreTextsVariablesAndFiles) {
  const auto pieces = pieces_of("a$${b}${C}${file:d/e}${file:f}g");
  ASSERT_TRUE(pieces);
  ASSERT_THAT(*pieces, SizeIs(5));
  EXPECT_EQ((*pieces)[0].text, "a${b}");
  EXPECT_EQ((*pieces)[1].kind, Piece::Kind::variable);
  EXPECT_EQ((*pieces)[2].text, "d/e");
  EXPECT_EQ((*pieces)[3].kind, Piece::Kind::file);
  EXPECT_EQ((*pieces)[4].kind, Piece::Kind::text);
}

}  // namespace
}  // namespace headwater::config
