#include "src/rethinkdb/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/json/json.h"
#include "src/rethinkdb/compact_json.h"

namespace headwater::rethinkdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

bool is_compact(std::string_view text) { return end_of_compact_json(text, 0) == text.size(); }

TEST(RethinkdbAnswer, ResultsAreAsTheServerWroteThem) {
  const std::string json =
      R"({"t":2,"r":[{"id":"a]","n":1.50,"big":12345678901234567890,"s":"\u00e9\"}"},null,[1,[]]],"n":[]})";
  const auto answer = decode_answer(json);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->type, AnswerType::sequence);
  EXPECT_THAT(answer->results,
              ElementsAre(R"({"id":"a]","n":1.50,"big":12345678901234567890,"s":"\u00e9\"}"})",
                          "null", "[1,[]]"));
  EXPECT_THAT(answer->notes, IsEmpty());
}

TEST(RethinkdbAnswer, AFeedSaysThatItIsOne) {
  const auto answer =
      decode_answer(R"({"t":3,"r":[{"state":"initializing"}],"n":[1,5,99],"p":[{"x":1}]})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->type, AnswerType::partial);
  EXPECT_THAT(answer->notes, ElementsAre(Note::sequence_feed, Note::includes_states));
  EXPECT_TRUE(answer->has(Note::includes_states));
  EXPECT_FALSE(answer->has(Note::atom_feed));
}

TEST(RethinkdbAnswer, TheOrderOfItsMembersIsFree) {
  const auto answer = decode_answer(R"({"n":[],"later":{"t":9},"r":[],"t":2})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->results, IsEmpty());
}

Failure failure(const std::string& json) {
  const auto answer = decode_answer(json);
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer && answer->is_error());
  return answer ? failure_of(*answer) : Failure{};
}

TEST(RethinkdbAnswer, ErrorsSayWhatToDo) {
  const Failure down = failure(
      R"({"t":18,"e":4100000,"r":["Cannot perform write: primary replica for shard [\"\", +∞) not available"],"b":[]})");
  EXPECT_TRUE(down.is(ErrorType::op_failed));
  EXPECT_EQ(down.error.remedy, Remedy::retry);
  EXPECT_EQ(down.error.name, "source.unavailable");
  EXPECT_THAT(down.error.message, HasSubstr("shard [\"\", +∞) not"));
  EXPECT_EQ(failure(R"({"t":18,"e":4200000,"r":["?"]})").error.remedy, Remedy::retry);
  const Failure right = failure(R"({"t":18,"e":6000000,"r":["User `x` does not have"]})");
  EXPECT_EQ(right.error.name, "source.unauthorized");
  EXPECT_EQ(right.error.remedy, Remedy::stop);
  EXPECT_EQ(failure(R"({"t":18,"e":1000000,"r":["bug"]})").error.name, "source.overloaded");
  for (const char* json :
       {R"({"t":18,"e":5000000,"r":["by r.error"]})", R"({"t":18,"e":2000000,"r":["array"]})",
        R"({"t":16,"r":["token"]})", R"({"t":17,"r":["parse"]})", R"({"t":18,"e":7,"r":[]})"}) {
    const Failure refused = failure(json);
    EXPECT_EQ(refused.error.name, "source.refused") << json;
    EXPECT_EQ(refused.error.remedy, Remedy::stop);
    EXPECT_FALSE(refused.error.next.empty());
  }
}

TEST(RethinkdbAnswer, AMessageIsOneLine) {
  EXPECT_EQ(failure(R"({"t":18,"e":5000000,"r":["a\nb\u001b"]})").error.message,
            "rethinkdb: a\\nb\\x1b");
}

TEST(RethinkdbAnswer, RefusesEverythingElse) {
  for (const char* json : {"",
                           "{",
                           "{}",
                           "[]",
                           "null",
                           R"({"t":1})",
                           R"({"r":[]})",
                           R"({"t":6,"r":[]})",
                           R"({"t":"1","r":[]})",
                           R"({"t":1.0,"r":[]})",
                           R"({"t":1,"r":{}})",
                           R"({"t":1,"r":[1,]})",
                           R"({"t":1,"r":[1]}x)",
                           R"({"t":1,"r":[1] })",
                           R"({"t":1,"r":[01]})",
                           R"({"t":1,"r":[nul]})",
                           R"({"t":1,"r":[{]}})",
                           R"({"t":1,"r":["\x"]})",
                           R"({"t":1 "r":[]})",
                           R"({t:1,"r":[]})",
                           R"({"t":1,"r":[],})",
                           R"({"t":1,"r":[])",
                           "{\"t\":1,\"r\":[\"\xff\"]}"}) {
    const auto answer = decode_answer(json);
    ASSERT_FALSE(answer) << json;
    EXPECT_EQ(answer.error().name, "source.bad_message") << json;
    EXPECT_EQ(answer.error().remedy, Remedy::stop) << json;
  }
}

/// As a server of 2.4.4 answers changes() without the right to read.
TEST(RethinkdbAnswer, AMissingRightIsOneHoweverTheServerCallsIt) {
  const Failure failure = refused(ErrorType::internal,
                                  "Unexpected exception: User `hw` does not have the required "
                                  "`read` permission");
  EXPECT_EQ(failure.error.name, "source.unauthorized");
  EXPECT_EQ(failure.error.remedy, Remedy::stop);
  EXPECT_EQ(refused(ErrorType::internal, "Out of memory").error.name, "source.overloaded");
}

TEST(RethinkdbAnswer, NoPartOfAnAnswerIsOne) {
  const std::string json =
      R"({"t":18,"e":4100000,"r":[{"a":[1.5e+7,true,"\u00e9é"]}],"b":[0,"x"],"n":[1]})";
  ASSERT_TRUE(decode_answer(json));
  for (std::size_t size = 0; size < json.size(); ++size) {
    EXPECT_FALSE(decode_answer(std::string(json, 0, size))) << size;
  }
}

TEST(RethinkdbJson, NumbersAreExact) {
  for (const char* yes : {"0", "-0", "-0.0", "10", "1.5", "1e5", "1E-5", "1.25e+300", "123456789"})
    EXPECT_TRUE(is_compact(yes)) << yes;
  for (const char* no : {"", "-", "01", "+1", ".5", "1.", "1e", "1e+", "NaN", "Infinity", "0x1"})
    EXPECT_FALSE(is_compact(no)) << no;
}

TEST(RethinkdbJson, StringsAreUtf8) {
  for (const char* yes : {R"("")", R"("\"\\\/\b\f\n\r\t\u00eF")", R"("longer than eight bytes")",
                          R"("ünd längér äls ächt")", R"("12345678")", R"("1234567\\")"})
    EXPECT_TRUE(is_compact(yes)) << yes;
  for (const char* no : {"\"", R"("\")", R"("\u00e")", R"("\u00eg")", "\"a\tb\"", "\"12345678\t\"",
                         "\"\xc3\"", "\"12345678\xc3\x28 and more\"", R"("a)"})
    EXPECT_FALSE(is_compact(no)) << no;
}

TEST(RethinkdbJson, NestingIsBounded) {
  const std::size_t most = Json::max_depth;
  EXPECT_TRUE(is_compact(repeated("[", most) + repeated("]", most)));
  EXPECT_FALSE(is_compact(repeated("[", most + 1) + repeated("]", most + 1)));
  EXPECT_FALSE(is_compact(repeated(R"({"a":)", 1'000'000)));
}

}  // namespace
}  // namespace headwater::rethinkdb
