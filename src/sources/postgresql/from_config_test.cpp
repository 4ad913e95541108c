#include "src/sources/postgresql/from_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/config/config.h"
#include "src/config/section.h"
#include "src/config/testing.h"

namespace headwater::postgresql {
namespace {

using ::testing::HasSubstr;

std::string complaint(const std::string& yaml) {
  const auto options = read_options(config::section_of(yaml, {}));
  return options ? "" : options.error().message;
}

TEST(PostgresqlConfig, ReadsEveryKey) {
  const auto read =
      read_options(config::section_of("uri: postgresql://me:secret@db:5433/shop?sslmode=require\n"
                                      "tables: [orders, billing.*]\n"
                                      "slot: headwater_orders\n"
                                      "snapshot: initial\n"
                                      "on_lost_position: snapshot\n"
                                      "messages: true\n"
                                      "partitions_as_root: true\n"
                                      "reader_timeout: 5s\n"
                                      "decoding_memory: 1GiB\n"
                                      "init_patience: 1m\n",
                                      {}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tables, (std::vector<std::string>{"orders", "billing.*"}));
  EXPECT_EQ(read->publication_name(), "headwater_orders");
  EXPECT_TRUE(read->policies.snapshot);
  EXPECT_EQ(read->reader_timeout, Milliseconds(5'000));
  EXPECT_EQ(read->decoding_memory, 1U << 30U);
}

TEST(PostgresqlConfig, SaysWhatIsWrong) {
  const std::string base = "uri: postgresql://db/shop\n";
  EXPECT_EQ(complaint(base + "tables: all\nslot: a\n"), "");
  EXPECT_EQ(complaint(base + "publication: ours\nslot: a\n"), "");
  EXPECT_THAT(complaint(base + "tables: all\n"), HasSubstr("slot"));
  EXPECT_THAT(complaint(base + "slot: a\n"), HasSubstr("tables"));
  EXPECT_THAT(complaint(base + "tables: all\nslot: Orders-1\n"), HasSubstr("lower-case"));
  EXPECT_THAT(complaint(base + "publication: ours\ntables: all\nslot: a\n"), HasSubstr("tables"));
  EXPECT_THAT(complaint("uri: nonsense\ntables: all\nslot: a\n"), HasSubstr("connection string"));
  EXPECT_THAT(complaint(base + "tables: all\nslot: a\nreader_timeout: 10ms\n"),
              HasSubstr("at least 1s"));
}

}  // namespace
}  // namespace headwater::postgresql
