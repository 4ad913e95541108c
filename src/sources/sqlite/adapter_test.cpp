#include "src/sources/sqlite/adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "src/config/config.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/from_config.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {
namespace {

using ::testing::HasSubstr;

class SqliteAdapterTest : public ::testing::Test {
 protected:
  SqliteAdapterTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headwater-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SqliteAdapterTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder_ / name).string();
  }

  void run(const std::string& name, const std::string& sql) {
    auto database = Database::open(file(name), Open::create, Origin::source);
    ASSERT_TRUE(database);
    const auto done = database->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::unique_ptr<SourceAdapter> adapter(const std::string& name,
                                         std::optional<std::vector<std::string>> tables = {}) {
    SourceOptions options;
    options.path = file(name);
    options.tables = std::move(tables);
    return make_sqlite_source(std::move(options), clock_);
  }

  std::string name_of(const Result<std::unique_ptr<Source>>& result) {
    return result ? "no error" : result.error().name;
  }

  SystemClock clock_;
  std::filesystem::path folder_;
};

Result<SourceOptions> options_of(const std::string& yaml) {
  auto section = config::parse(yaml, "relay.yaml");
  EXPECT_TRUE(section);
  return read_options(*section);
}

TEST_F(SqliteAdapterTest, ReadsItsOptions) {
  const auto few = options_of("{path: /data/shop.db, tables: all}");
  ASSERT_TRUE(few) << few.error().message;
  EXPECT_EQ(few->path, "/data/shop.db");
  EXPECT_FALSE(few->tables);
  EXPECT_TRUE(few->policies.snapshot);
  EXPECT_EQ(few->policies.on_lost, sources::OnLost::stop);
  EXPECT_EQ(few->history, std::chrono::minutes(10));
  EXPECT_EQ(few->policies.large.most, 100U << 20U);
  EXPECT_EQ(few->policies.large.policy, OnLarge::stop);

  const auto all = options_of(
      "{path: /d, tables: [a, b], snapshot: never, on_lost_position: skip, history: 5s, "
      "max_change: 1MiB, on_large_change: gap}");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->tables, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(all->policies.snapshot);
  EXPECT_EQ(all->policies.on_lost, sources::OnLost::skip);
  EXPECT_EQ(all->history, std::chrono::seconds(5));
  EXPECT_EQ(all->policies.large.most, 1U << 20U);
  EXPECT_EQ(all->policies.large.policy, OnLarge::gap);

  EXPECT_FALSE(options_of("{path: /d, tables: all, hystory: 5s}"));
}

TEST_F(SqliteAdapterTest, SaysWhatToDoBeforeItIsPrepared) {
  EXPECT_EQ(name_of(adapter("missing.db")->connect("r")), "source.cannot_open");

  std::ofstream(file("text.db")) << std::string(5000, 'x');
  EXPECT_EQ(name_of(adapter("text.db")->connect("r")), "source.not_a_database");

  run("shop.db", "CREATE TABLE item(k INTEGER PRIMARY KEY); CREATE TABLE other(k PRIMARY KEY)");
  const auto unprepared = adapter("shop.db")->connect("r");
  ASSERT_FALSE(unprepared);
  EXPECT_EQ(unprepared.error().name, "source.not_prepared");
  EXPECT_THAT(unprepared.error().next, HasSubstr("headwater init"));

  ASSERT_TRUE(adapter("shop.db", {{"item"}})->prepare("r"));
  EXPECT_TRUE(adapter("shop.db", {{"ITEM"}})->connect("r"));
  EXPECT_EQ(name_of(adapter("shop.db", {{"item"}})->connect("another")), "source.not_prepared");
  EXPECT_EQ(name_of(adapter("shop.db", {{"item", "other"}})->connect("r")), "source.not_prepared");
}

TEST_F(SqliteAdapterTest, TakesAPersonsWordsForPositions) {
  run("shop.db", "CREATE TABLE item(k INTEGER PRIMARY KEY); INSERT INTO item VALUES(1)");
  auto shop = adapter("shop.db");
  ASSERT_TRUE(shop->prepare("r"));
  run("shop.db", "INSERT INTO item VALUES(2), (3)");
  auto source = shop->connect("r");
  ASSERT_TRUE(source);
  const auto count_from = [&](const std::string& words) {
    auto position = shop->position("r", words);
    EXPECT_TRUE(position);
    EXPECT_TRUE((*source)->open(*position));
    std::size_t count = 0;
    for (;;) {
      auto batch = (*source)->read({100, 1U << 20U}, Milliseconds(0), {});
      EXPECT_TRUE(batch);
      if (batch->changes.empty()) return count;
      count += batch->changes.size();
    }
  };
  EXPECT_EQ(count_from("earliest"), 3U);  // the row that was there, too
  EXPECT_EQ(count_from("latest"), 0U);
  const auto latest = shop->position("r", "latest");
  ASSERT_TRUE(latest);
  EXPECT_EQ(*shop->position("r", latest->token), *latest);
  EXPECT_EQ(shop->explain(*latest), "change 2 of shop.db");
  EXPECT_EQ(shop->explain({}), "the beginning of shop.db");

  const auto nonsense = shop->position("r", "yesterday");
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().name, "source.bad_position");
}

/// A consumer that folds events by their type must not take a renamed file for another database.
TEST_F(SqliteAdapterTest, TheNameInEventsStaysWhenTheFileGetsAnother) {
  run("app.prod.db", "CREATE TABLE item(k INTEGER PRIMARY KEY); INSERT INTO item VALUES(1)");
  const auto report = adapter("app.prod.db")->prepare("r");
  ASSERT_TRUE(report);
  EXPECT_THAT(report->back().what, HasSubstr("called app.prod"));
  for (const char* end : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::rename(file("app.prod.db") + end, file("other.db") + end, ignored);
  }
  auto moved = adapter("other.db");
  ASSERT_TRUE(moved->prepare("r"));
  EXPECT_THAT(moved->check("r", {}).end()[-2].what, HasSubstr("called app.prod"));
  auto source = moved->connect("r");
  ASSERT_TRUE(source) << source.error().message;
  ASSERT_TRUE((*source)->open({}));
  const auto batch = (*source)->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->changes.size(), 1U);
  EXPECT_EQ(batch->changes[0].database, "app.prod");
}

TEST_F(SqliteAdapterTest, PositionsOfOneDatabaseHaveAnOrder) {
  using Order = std::partial_ordering;
  const auto source = adapter("shop.db");
  const auto at = [](std::int64_t seq, std::int64_t task = 0, const char* uuid = "u") {
    return to_position(
        {.uuid = uuid, .seq = seq, .hash = {}, .task = {.task = task, .cursor = {}}});
  };
  EXPECT_EQ(source->order(at(9), at(10)), Order::less);
  EXPECT_EQ(source->order(at(10), at(9)), Order::greater);
  EXPECT_EQ(source->order(at(9), at(9)), Order::equivalent);
  EXPECT_EQ(source->order(at(9), at(9, 1)), Order::unordered);
  EXPECT_EQ(source->order(at(9), at(10, 0, "another")), Order::unordered);
  EXPECT_EQ(source->order(at(9), {}), Order::unordered);
}

/// What was published before somebody asked for the rows again is still published.
TEST_F(SqliteAdapterTest, AReadingOnRequestKeepsNoWriterWaiting) {
  run("shop.db", "CREATE TABLE item(k INTEGER PRIMARY KEY)");
  auto shop = adapter("shop.db");
  ASSERT_TRUE(shop->prepare("r"));
  run("shop.db", "INSERT INTO item VALUES(1), (2)");
  auto source = shop->connect("r");
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->open({}));
  auto batch = (*source)->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_TRUE(batch);
  const Tail tail{.sequence = 2, .position = batch->position, .source = (*source)->identity()};
  const auto asked = shop->read_again("r", tail, {"item"}, "");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_FALSE(*asked);
  EXPECT_EQ(shop->includes("r", tail.position, "2"), true);
  EXPECT_EQ(shop->includes("r", tail.position, "3"), false);
  EXPECT_EQ(shop->read_again("r", tail, {"item"}, "no = 1").error().name, "source.bad_filter");
}

TEST_F(SqliteAdapterTest, ChecksAndRemoves) {
  run("shop.db", "CREATE TABLE item(k INTEGER PRIMARY KEY)");
  auto shop = adapter("shop.db");
  const auto problems = [&] {
    std::size_t count = 0;
    for (const auto& finding : shop->check("r", std::nullopt)) {
      if (finding.kind == Finding::Kind::problem) ++count;
    }
    return count;
  };
  EXPECT_GT(problems(), 0U);
  ASSERT_TRUE(shop->prepare("r"));
  EXPECT_EQ(problems(), 0U);
  ASSERT_TRUE(shop->remove("r"));
  auto database = Database::open(file("shop.db"), Open::read_only, Origin::source);
  ASSERT_TRUE(database);
  EXPECT_EQ(database->integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%headwater%'"),
            0);
}

TEST_F(SqliteAdapterTest, AStreamIsNoDatabaseToFollow) {
  run("events.db", "CREATE TABLE events(k INTEGER PRIMARY KEY); PRAGMA application_id=0x48574553");
  auto events = adapter("events.db");
  const auto prepared = events->prepare("r");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "source.is_a_stream");
  EXPECT_NE(prepared.error().next, "");
  EXPECT_EQ(events->check("r", std::nullopt).front().kind, Finding::Kind::problem);
}

/// Their events have the same ids; a stream with both must distinguish them.
TEST_F(SqliteAdapterTest, RelaysBesideEachOtherHaveSourcesOfTheirOwn) {
  run("shop.db", "CREATE TABLE item(k INTEGER PRIMARY KEY); CREATE TABLE other(k PRIMARY KEY)");
  const auto notes = [&](const std::string& relay, const std::vector<std::string>& tables) {
    auto report = adapter("shop.db", tables)->prepare(relay);
    EXPECT_TRUE(report) << report.error().message;
    std::string found;
    for (const auto& finding : *report) {
      if (finding.kind == Finding::Kind::note) found += finding.what;
    }
    return found;
  };
  const auto source = [&](const std::string& relay, const std::vector<std::string>& tables) {
    auto connected = adapter("shop.db", tables)->connect(relay);
    EXPECT_TRUE(connected) << connected.error().message;
    return (*connected)->identity();
  };
  EXPECT_EQ(notes("one", {"item"}), "");
  EXPECT_EQ(notes("two", {"other"}), "");
  EXPECT_THAT(notes("three", {"ITEM", "other"}), HasSubstr("relay one follows table ITEM, too"));
  const std::string first = source("one", {"item"});
  EXPECT_EQ(source("two", {"other"}), first + ":two");
  EXPECT_EQ(source("three", {"item", "other"}), first + ":three");
  // It stays when others are prepared again; a relay that comes when none is left is the first.
  EXPECT_THAT(notes("one", {"item"}), HasSubstr("relay three follows table item"));
  EXPECT_EQ(source("one", {"item"}), first);
  ASSERT_TRUE(adapter("shop.db", {{"item"}})->remove("one"));
  EXPECT_EQ(source("two", {"other"}), first + ":two");
}

}  // namespace
}  // namespace headwater::sqlite
