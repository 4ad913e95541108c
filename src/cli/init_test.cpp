#include <gmock/gmock.h>

#include <filesystem>

#include "src/cli/test_rig.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Init, ReportsWhatItDidAndMayBeRepeated) {
  const Site site;
  for (int i = 0; i < 2; ++i) {
    const auto outcome = site.run({"init"});
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
    EXPECT_THAT(outcome.output,
                StartsWith("orders: sqlite shop.db -> embedded stream events.db (exactly once)\n"
                           "  ok       stream events.db: "));
    EXPECT_THAT(outcome.output,
                HasSubstr(i == 0 ? "table orders: captured" : "change log: already exists"));
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST(Init, RemoveLeavesNoTraceInTheDatabase) {
  const Site site;
  site.fill();
  const auto outcome = site.run({"init", "--remove"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("its events stay"));
  auto shop = sqlite::Database::open(site / "shop.db", sqlite::Open::read_only, Origin::usage);
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_headwater%' "
                          "ESCAPE '\\'")
                .value(),
            0);
}

TEST(Init, PreparesAllRelaysEvenWithoutAReader) {
  const Site site;
  site.configure(
      "relays:\n"
      "  - relay: one\n"
      "    source: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "    stream: { embedded: { path: one.db } }\n"
      "  - relay: two\n"
      "    source: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "    stream: { embedded: { path: two.db } }\n");
  rig::Command command = site.command({"init"});
  command.output = "/dev/full";
  EXPECT_EQ(rig::Process(command).wait(), Exit{.code = 2});
  EXPECT_TRUE(std::filesystem::exists(site / "one.db"));
  EXPECT_TRUE(std::filesystem::exists(site / "two.db"));
  const auto checked = site.run({"check"});
  EXPECT_EQ(checked.exit, Exit{}) << checked.output;
}

TEST(Init, AMissingDatabaseIsAnErrorOfTheSource) {
  const Site site;
  std::filesystem::remove(site / "shop.db");
  const auto outcome = site.run({"init"});
  EXPECT_EQ(outcome.exit, source_error) << outcome.errors;
  EXPECT_THAT(outcome.errors, StartsWith("error: "));
  EXPECT_THAT(outcome.errors, HasSubstr("shop.db"));
  EXPECT_THAT(outcome.errors, HasSubstr("\n  next: "));
}

TEST(Init, AnUnusableStreamIsAnErrorOfTheStream) {
  const Site site;
  rig::write_file(site / "events.db", std::string(10'000, 'x'));
  const auto outcome = site.run({"init"});
  EXPECT_EQ(outcome.exit, stream_error) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("events.db"));
}

TEST(Init, SeveralRelaysOrOneOfThem) {
  const Site site;
  const std::string source = "    source: { sqlite: { path: shop.db, tables: [orders] } }\n";
  site.configure("relays:\n  - relay: a\n" + source +
                 "    stream: { embedded: { path: a.db } }\n  - relay: b\n" + source +
                 "    stream: { embedded: { path: b.db } }\n");
  EXPECT_EQ(site.run({"init", "--relay", "b"}).exit, Exit{});
  EXPECT_FALSE(std::filesystem::exists(site / "a.db"));
  EXPECT_TRUE(std::filesystem::exists(site / "b.db"));
  const auto both = site.run({"init"});
  EXPECT_EQ(both.exit, Exit{}) << both.errors;
  EXPECT_THAT(both.output, StartsWith("a: sqlite"));
  EXPECT_THAT(both.output, HasSubstr("\nb: sqlite"));
}

}  // namespace
}  // namespace headwater::cli
