#include <gtest/gtest.h>

#include <string>

#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_test.h"

namespace headwater {
namespace {

Result<std::unique_ptr<StreamAdapter>> from(const std::string& yaml) {
  return testing::stream_from(yaml, make_embedded_stream);
}

TEST(EmbeddedFromConfig, APathIsAllItNeeds) {
  auto stream = from("path: events.db");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "embedded stream /etc/events.db");
  EXPECT_TRUE((*stream)->exactly_once());
}

TEST(EmbeddedFromConfig, RetentionIsRead) {
  auto stream = from("{ path: events.db, retention: { age: 7d, size: 10GiB, consumers: ignore } }");
  EXPECT_TRUE(stream) << stream.error().message;
}

TEST(EmbeddedFromConfig, MistakesAreNamed) {
  for (const char* yaml :
       {"{}", "{ path: [] }", "{ path: a.db, size: 10GiB }",
        "{ path: a.db, retention: { age: soon } }", "{ path: a.db, retention: { size: 4KiB } }",
        "{ path: a.db, retention: { consumers: sometimes } }"}) {
    auto stream = from(yaml);
    ASSERT_FALSE(stream) << yaml;
    EXPECT_EQ(stream.error().origin, Origin::usage) << yaml;
    EXPECT_NE(stream.error().message.find("relay.yaml"), std::string::npos) << yaml;
  }
}

}  // namespace
}  // namespace headwater
