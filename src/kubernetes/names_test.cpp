#include "src/kubernetes/names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace headwater::kubernetes {
namespace {

TEST(DnsLabel, KeepsWhatIsOne) {
  EXPECT_EQ(object_name("orders"), "headwater-orders");
  EXPECT_EQ(object_name("orders-2"), "headwater-orders-2");
  EXPECT_EQ(dns_label(std::string(63, 'a')), std::string(63, 'a'));
}

TEST(DnsLabel, DifferentNamesHaveDifferentLabels) {
  const std::string long_name(64, 'a');
  std::set<std::string> labels;
  const std::string names[] = {"orders",  "Orders", "ORDERS", "orders-", "orders.",
                               "orders_", "a.b",    "a-b",    "a_b",     "A.b",
                               "...",     "---",    "",       long_name, long_name.substr(1) + "b"};
  for (const std::string& name : names) {
    const std::string label = object_name(name);
    EXPECT_TRUE(is_dns_label(label)) << name << " " << label;
    EXPECT_TRUE(label.starts_with("headwater")) << label;
    EXPECT_TRUE(labels.insert(label).second) << name << " " << label;
  }
}

TEST(DnsLabel, ANameLikeAResultGetsAHashOfItsOwn) {
  const std::string taken = object_name("a.b");
  const std::string name = taken.substr(std::string("headwater-").size());
  EXPECT_EQ(name.substr(0, 4), "a-b-");
  EXPECT_NE(object_name(name), taken);
}

TEST(DnsLabel, IsOneOnlyWithTheLettersOfOne) {
  for (const char* text : {"", "-a", "a-", "A", "a.b", "a b", "ä"}) {
    EXPECT_FALSE(is_dns_label(text)) << text;
  }
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(SecretKey, IsTheFilesName) {
  EXPECT_EQ(secret_key("/etc/tls/ca.crt"), "ca.crt");
  for (const char* path : {"/etc/my ca.crt", "/..data", "/a/.hidden", "/x/ä"}) {
    const std::string key = secret_key(path);
    EXPECT_EQ(key, hashed_secret_key(path));
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_."), std::string::npos)
        << key;
    EXPECT_FALSE(key.starts_with('.')) << key;
  }
  EXPECT_NE(hashed_secret_key("/a/ca.crt"), hashed_secret_key("/b/ca.crt"));
}

}  // namespace
}  // namespace headwater::kubernetes
