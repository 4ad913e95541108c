#include "src/base/address.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

TEST(Addresses, AreTakenApart) {
  const auto full = split_address("relay:p@s:/s@[::1]:7000/3/4");
  ASSERT_TRUE(full) << full.error();
  EXPECT_EQ(full->login, "relay:p@s:/s");
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 7000);
  EXPECT_EQ(full->path, "3/4");
  const auto host = split_address("db.example");
  ASSERT_TRUE(host) << host.error();
  EXPECT_EQ(host->login, "");
  EXPECT_EQ(host->host, "db.example");
  EXPECT_EQ(host->port, std::nullopt);
  EXPECT_EQ(host->path, "");
  EXPECT_EQ(split_address("h:1/")->path, "");
  EXPECT_EQ(split_address("[fe80::1]")->host, "fe80::1");
}

TEST(Addresses, AreRefusedWithoutShowingThem) {
  for (const char* text : {"", "s3cret@", ":1", "/1", "h:", "h:0", "h:65536", "h:s3cret", "[::1",
                           "[]:1", "[h]:1", "::1", "[::1]1", "[::1]:", "u:s3cret@h:x"}) {
    const auto refused = split_address(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(std::string(refused.error()).find("s3cret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace headwater
