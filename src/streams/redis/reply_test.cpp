#include "src/streams/redis/reply.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::redis {
namespace {

/// The only answer in `bytes`, which come in pieces of `size`.
std::optional<Answer> parse(const std::string& bytes, std::size_t size) {
  AnswerParser parser;
  std::optional<Answer> found;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    EXPECT_FALSE(found) << "before its last byte";
    parser.feed(std::string_view(bytes).substr(at, size));
    auto [answer, violation] = parser.next();
    EXPECT_EQ(violation, nullptr);
    found = std::move(answer);
  }
  EXPECT_FALSE(parser.next().answer);
  return found;
}

TEST(RedisAnswer, IsWhatTheServerSaysInWhateverPieces) {
  const std::string binary("\0\r\n$", 4);
  const std::string bytes = "*6\r\n$4\r\n" + binary + "\r\n:-42\r\n$-1\r\n*0\r\n+OK\r\n*2\r\n" +
                            "*1\r\n$0\r\n\r\n$5000\r\n" + std::string(5000, 'x') + "\r\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    const auto answer = parse(bytes, size);
    ASSERT_TRUE(answer);
    const Reply all = answer->get();
    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[0].text(), binary);
    EXPECT_EQ(all[1].integer(), -42);
    EXPECT_TRUE(all[2].nil());
    EXPECT_EQ(all[3].size(), 0U);
    EXPECT_FALSE(all[3].nil());
    EXPECT_EQ(all[4].text(), "OK");
    EXPECT_EQ(all[5][0][0].text(), "");
    EXPECT_FALSE(all[5][0][0].nil());
    EXPECT_EQ(all[5][1].text(), std::string(5000, 'x'));
    // Behind the end is nothing.
    EXPECT_TRUE(all[6].nil());
    EXPECT_EQ(all[6][3].text(), "");
  }
}

TEST(RedisAnswer, AnErrorIsAnAnswerThatHasFailed) {
  const auto answer = parse("-WRONGTYPE no stream\r\n", 3);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->get().failed());
  EXPECT_EQ(answer->get().text(), "WRONGTYPE no stream");
}

TEST(RedisAnswer, NamesHaveValues) {
  const auto answer = parse("*4\r\n+length\r\n:7\r\n+groups\r\n:0\r\n", 100);
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->get().find("length"));
  EXPECT_EQ(answer->get().find("length")->integer(), 7);
  EXPECT_FALSE(answer->get().find("7"));
}

TEST(RedisAnswer, AnswersDoNotDependOnEachOther) {
  AnswerParser parser;
  parser.feed("$1\r\na\r\n$1\r\nb\r\n$1\r\n");
  const auto a = parser.next().answer;
  const auto b = parser.next().answer;
  EXPECT_FALSE(parser.next().answer);
  parser.feed("c\r\n");
  const auto c = parser.next().answer;
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->get().text(), "a");
  EXPECT_EQ(b->get().text(), "b");
  EXPECT_EQ(c->get().text(), "c");
}

TEST(RedisAnswer, WhatIsNoneIsSaidToBe) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*-2\r\n", "$-5\r\n"}) {
    AnswerParser parser;
    parser.feed(bytes);
    EXPECT_NE(parser.next().violation, nullptr) << bytes;
  }
}

TEST(RedisAnswer, ASizeThatIsOnlyClaimedTakesNoMemory) {
  AnswerParser parser;
  parser.feed("*2147483647\r\n$1\r\na\r\n");
  const auto [answer, violation] = parser.next();
  // Whether the system refuses so much is its own affair.
  EXPECT_FALSE(answer);
  EXPECT_TRUE(violation == nullptr || std::string(violation) == "Out of memory") << violation;
}

}  // namespace
}  // namespace headwater::redis
