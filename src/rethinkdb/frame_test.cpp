#include "src/rethinkdb/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t large = 1000;

std::string frame_of(Token token, std::string_view json) {
  std::string bytes;
  append_frame(bytes, token, json);
  return bytes;
}

TEST(RethinkdbFrame, NumbersBeginWithTheirLowestByte) {
  EXPECT_EQ(frame_of(0x0102030405060708, "[2]"),
            std::string("\x8\7\6\5\4\3\2\1\3\0\0\0[2]", 8 + 4 + 3));
}

TEST(RethinkdbFrame, ComeTogetherFromAnyPieces) {
  const std::string all = frame_of(1, R"({"t":1})") + frame_of(~Token{0}, "[2]");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    FrameReader reader(large);
    std::vector<Frame> frames;
    for (const std::string& piece : {all.substr(0, cut), all.substr(cut)}) {
      std::string_view bytes = piece;
      while (!bytes.empty()) {
        auto frame = reader.take(bytes);
        ASSERT_TRUE(frame) << frame.error().message;
        if (*frame) frames.push_back(**std::move(frame));
      }
    }
    ASSERT_EQ(frames.size(), 2U) << cut;
    EXPECT_FALSE(reader.in_frame());
    EXPECT_EQ(frames[0].json, R"({"t":1})");
    EXPECT_EQ(frames[1].token, ~Token{0});
    EXPECT_EQ(frames[1].json, "[2]");
  }
}

TEST(RethinkdbFrame, SaysThatItsRestHasToCome) {
  FrameReader reader(large);
  EXPECT_FALSE(reader.in_frame());
  const std::string all = frame_of(7, "[2]");
  std::string_view bytes = std::string_view(all).substr(0, 1);
  ASSERT_TRUE(reader.take(bytes));
  EXPECT_TRUE(reader.in_frame());
  EXPECT_EQ(reader.missing(), frame_header_size - 1);
  bytes = std::string_view(all).substr(1, frame_header_size);
  ASSERT_TRUE(reader.take(bytes));
  EXPECT_EQ(reader.missing(), 2U);
}

TEST(RethinkdbFrame, ALengthIsOnlyAPromise) {
  FrameReader reader(large);
  const std::string huge("\1\0\0\0\0\0\0\0\xff\xff\xff\xff{", 13);
  std::string_view bytes = huge;
  const auto frame = reader.take(bytes);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().name, "source.answer_too_large");
  EXPECT_NE(frame.error().message.find("4294967295"), std::string::npos);
}

TEST(RethinkdbFrame, TheLargestIsRead) {
  for (const std::size_t size : {large, large + 1}) {
    FrameReader reader(large);
    const std::string all = frame_of(1, std::string(size, ' '));
    std::string_view bytes = all;
    const auto frame = reader.take(bytes);
    EXPECT_EQ(frame.has_value(), size == large);
  }
}

TEST(RethinkdbFrame, WithoutJsonItIsNone) {
  FrameReader reader(large);
  const std::string all = frame_of(1, "");
  std::string_view bytes = all;
  const auto frame = reader.take(bytes);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().name, "source.bad_message");
}

}  // namespace
}  // namespace headwater::rethinkdb
