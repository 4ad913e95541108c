#include "src/base/consumer_name.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

TEST(ConsumerName, Has1To200BytesWithoutNul) {
  EXPECT_TRUE(is_consumer_name("x"));
  EXPECT_TRUE(is_consumer_name("bill ing/é"));
  EXPECT_TRUE(is_consumer_name(std::string(200, 'x')));
  EXPECT_FALSE(is_consumer_name(""));
  EXPECT_FALSE(is_consumer_name(std::string(201, 'x')));
  EXPECT_FALSE(is_consumer_name(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace headwater
