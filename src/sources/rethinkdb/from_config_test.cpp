#include "src/sources/rethinkdb/from_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "src/config/config.h"
#include "src/config/section.h"
#include "src/config/testing.h"
#include "src/ports/adapter.h"

namespace headwater {

Result<std::vector<NamedSource>> make_rethinkdb_sources(config::Section section,
                                                        const Clock& clock);  // see adapters/list.h

namespace rethinkdb {
namespace {

using ::testing::HasSubstr;

Result<std::vector<SourceOptions>> read(const std::string& yaml) {
  return read_options(config::section_of(yaml, {{"PASSWORD", "secret"}}));
}

/// What is wrong with it; empty if it is fine.
std::string complaint(const std::string& yaml) {
  const auto options = read(yaml);
  if (options) return "";
  EXPECT_EQ(options.error().origin, Origin::usage);
  return options.error().message;
}

std::string with(const std::string& more) {
  return "host: localhost\ntables: shop.orders\n" + more;
}

TEST(RethinkOptions, HaveDefaultsThatLoseNothing) {
  const auto all = read(with(""));
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1U);
  const SourceOptions& options = all->front();
  EXPECT_EQ(options.server.host, "localhost");
  EXPECT_EQ(options.server.port, 28'015);
  EXPECT_EQ(options.login.user, "admin");
  EXPECT_EQ(options.login.password, "");
  EXPECT_FALSE(options.tls);
  EXPECT_EQ(options.words(), "shop.orders");
  EXPECT_EQ(options.deletes, Deletes::marked);
  EXPECT_EQ(options.keep_deleted, std::chrono::hours(24));
  EXPECT_FALSE(options.policies.snapshot);
  EXPECT_EQ(options.policies.on_lost, sources::OnLost::stop);
  EXPECT_EQ(options.policies.large.policy, OnLarge::stop);
}

TEST(RethinkOptions, AreReadForEachTable) {
  const auto all = read(R"(
host: db.example:1234
user: headwater
password: ${PASSWORD}
tls: { ca: ca.pem, certificate: me.pem, key: me.key }
tables: [shop.orders, shop.my-items_2]
keep_deleted: 2h
snapshot: initial
on_lost_position: skip
on_large_change: gap
max_change: 1MiB
)");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].words(), "shop.orders");
  EXPECT_EQ((*all)[1].database, "shop");
  EXPECT_EQ((*all)[1].table, "my-items_2");
  for (const SourceOptions& options : *all) {
    EXPECT_EQ(options.server.host, "db.example");
    EXPECT_EQ(options.server.port, 1234);
    EXPECT_EQ(options.login.user, "headwater");
    EXPECT_EQ(options.login.password, "secret");
    ASSERT_TRUE(options.tls);
    EXPECT_THAT(options.tls->authority, HasSubstr("ca.pem"));
    EXPECT_THAT(options.tls->certificate, HasSubstr("me.pem"));
    EXPECT_THAT(options.tls->key, HasSubstr("me.key"));
    EXPECT_EQ(options.keep_deleted, std::chrono::hours(2));
    EXPECT_TRUE(options.policies.snapshot);
    EXPECT_EQ(options.policies.on_lost, sources::OnLost::skip);
    EXPECT_EQ(options.policies.large.policy, OnLarge::gap);
    EXPECT_EQ(options.policies.large.most, 1U << 20U);
  }
}

TEST(RethinkOptions, WrongOnesAreNamed) {
  EXPECT_THAT(complaint("tables: shop.orders"), HasSubstr("host"));
  EXPECT_THAT(complaint("host: localhost"), HasSubstr("tables"));
  for (const char* host : {"rethinkdb://localhost", "me@localhost", "localhost/shop", "'[::1'",
                           "localhost:0x", "localhost:99999", "''"}) {
    EXPECT_THAT(complaint(std::string("tables: shop.orders\nhost: ") + host), HasSubstr("host"))
        << host;
  }
  for (const char* table : {"orders", "shop.", ".orders", "shop.or.ders", "shop.headwater",
                            "rethinkdb.users", "''", "'shop.or ders'", "'shop.*'", "[]"}) {
    EXPECT_THAT(complaint(std::string("host: localhost\ntables: ") + table), HasSubstr("tables"))
        << table;
  }
  EXPECT_THAT(complaint("host: localhost\ntables: [shop.orders, shop.orders]"), HasSubstr("twice"));
  EXPECT_THAT(complaint(with("keep_deleted: 59m")), HasSubstr("keep_deleted"));
  EXPECT_THAT(complaint(with("keep_deleted: soon")), HasSubstr("keep_deleted"));
  EXPECT_THAT(complaint(with("snapshot: always")), HasSubstr("snapshot"));
  EXPECT_THAT(complaint(with("on_lost_position: guess")), HasSubstr("on_lost_position"));
  EXPECT_THAT(complaint(with("on_large_change: drop")), HasSubstr("on_large_change"));
  EXPECT_THAT(complaint(with("max_change: many")), HasSubstr("max_change"));
  EXPECT_THAT(complaint(with("tls: { file: x }")), HasSubstr("file"));
  EXPECT_THAT(complaint(with("tls: { certificate: me.pem }")), HasSubstr("key"));
  EXPECT_THAT(complaint(with("colour: red")), HasSubstr("colour"));
}

TEST(RethinkOptions, EachTableIsASourceOfItsOwn) {
  const SystemClock clock;
  const auto one = make_rethinkdb_sources(config::section_of(with("")), clock);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->front().relay_name("main"), "main");
  const auto two = make_rethinkdb_sources(
      config::section_of("host: localhost\ntables: [shop.orders, shop.items]"), clock);
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ(two->front().relay_name("main"), "main.shop.orders");
  EXPECT_EQ(two->back().relay_name("main"), "main.shop.items");
  EXPECT_TRUE(one->front().adapter->publishes_the_same_as(*two->front().adapter));
  EXPECT_FALSE(one->front().adapter->publishes_the_same_as(*two->back().adapter));
}

}  // namespace
}  // namespace rethinkdb
}  // namespace headwater
