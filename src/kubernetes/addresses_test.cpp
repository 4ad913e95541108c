#include "src/kubernetes/addresses.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace headwater::kubernetes {
namespace {

using Ports = std::vector<std::uint16_t>;

TEST(Ports, OfEveryFormOfAnAddress) {
  EXPECT_EQ(ports_of("nats://host:4222"), Ports{4222});
  EXPECT_EQ(ports_of("a:9092,b:9093"), (Ports{9092, 9093}));
  EXPECT_EQ(ports_of("SSL://a:9092,SSL://b:9093"), (Ports{9092, 9093}));
  EXPECT_EQ(ports_of("mongodb://u:p,w@a:27017,b:27018/?replicaSet=rs&x=a@b:1"),
            (Ports{27017, 27018}));
  EXPECT_EQ(ports_of("redis://:p/w@host:6380/0"), Ports{6380});
  EXPECT_EQ(ports_of("redis://[::1]:6379"), Ports{6379});
  EXPECT_EQ(ports_of(masked("nats://${USER}:${PW}@${HOST}:4222")), Ports{4222});
}

TEST(Ports, AreUnknownUnlessEveryServerNamesIts) {
  for (const char* address : {"nats://host", "a:9092,b", "mongodb+srv://u@host.example:1", "${URL}",
                              "nats://host:${PORT}", "redis://[::1]", "host:0", "host:99999", ""}) {
    EXPECT_EQ(ports_of(masked(address)), std::nullopt) << address;
  }
}

TEST(Login, StandsBeforeTheLastAtSign) {
  EXPECT_EQ(login_of("nats://u:p@w@host:1"), "u:p@w");
  EXPECT_EQ(login_of("redis://host:6379/?a=b@c"), "");
  EXPECT_EQ(login_of("host:1"), "");
}

}  // namespace
}  // namespace headwater::kubernetes
