#include "src/adapters/registry.h"

#include <gmock/gmock.h>

#include "src/adapters/list.h"
#include "src/config/testing.h"

namespace headwater::adapters {
namespace {

const Names names{.built_in = {"embedded", "stdout"}, .left_out = {"kafka"}};

std::string choice(const std::string& yaml) {
  config::Section section = config::section_of(yaml);
  const std::string name = chosen(section.child("stream"), names);
  const std::string error = config::complaint(section);
  return error.empty() ? name : error;
}

TEST(Adapters, OneThatIsBuiltInIsChosen) { EXPECT_EQ(choice("stream: { stdout: { } }"), "stdout"); }

TEST(Adapters, OneThatWasLeftOutIsNamed) {
  EXPECT_EQ(choice("stream:\n  kafka: { brokers: 'b:9092' }\n"),
            "shop.yaml:2: 'kafka' in stream is not in this build of headwater; available: "
            "embedded, stdout");
}

TEST(Adapters, OnlyWhatIsBuiltInIsSuggested) {
  EXPECT_EQ(choice("stream: { kafak: { } }"),
            "shop.yaml:1: unknown key 'kafak' in stream; valid keys: embedded, stdout");
}

TEST(Adapters, EachHasOneName) {
  for (const Names& all : {source_names(), stream_names()}) {
    EXPECT_FALSE(all.built_in.empty());
    for (const std::string& name : all.built_in) {
      EXPECT_THAT(all.left_out, testing::Not(testing::Contains(name)));
    }
  }
}

}  // namespace
}  // namespace headwater::adapters
