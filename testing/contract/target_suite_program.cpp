// The suite's tests with the program: a stream, processes, and what can happen to both.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "src/streams/embedded/embedded.h"
#include "testing/contract/target_suite.h"
#include "testing/rig/sqlite_files.h"
#include "testing/rig/waiting.h"

namespace headwater::testing {

using rig::Exit;
using rig::Process;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr const char* shop = "sqlite:2ef3e4a3-cf22-4ad7-8143-357a256ae471";

bool is_long() { return std::getenv("HEADWATER_LONG") != nullptr; }

Event make_event(std::uint64_t number, const std::string& op, int key, const std::string& more) {
  const std::string id = std::to_string(key);
  const std::string row = R"({"id":)" + id + R"(,"name":"n)" + std::to_string(number) + "\"}";
  return {.id = "e:" + std::to_string(number),
          .source = shop,
          .type = EventType("shop", std::string("orders"), op),
          .subject = id,
          .partition_key = "orders/" + id,
          .time = WallTime(Milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(number))),
          .data = R"({"op":")" + op + R"(","key":{"id":)" + id + R"(},"before":null,"after":)" +
                  (op == "delete" || op == "gap" ? "null" : row) + more + "}",
          .position = Position{std::to_string(number)}};
}

}  // namespace

void TargetProgramSuite::SetUp() {
  TargetSuite::SetUp();
  if (!rig_) return;
  configure();
  const SystemClock clock;
  auto prepared = embedded::make_stream({.path = folder_ / "events.db"}, clock)->prepare("orders");
  ASSERT_TRUE(prepared) << prepared.error().message;
}

void TargetProgramSuite::configure(const std::string& more) {
  rig::write_file(folder_ / "shop.yaml",
                  "relay: orders\n"
                  "source: { sqlite: { path: shop.db, tables: all } }\n"
                  "stream: { embedded: { path: events.db } }\n"
                  "materialize: { into: " +
                      rig_->configuration() + more + " }\n");
}

rig::Command TargetProgramSuite::command(std::vector<std::string> words) const {
  words.insert(words.begin(), {HEADWATER_PROGRAM, "materialize", "-c", folder_ / "shop.yaml"});
  return {.words = std::move(words), .folder = folder_.path().string()};
}

std::string TargetProgramSuite::materialize(std::vector<std::string> words) const {
  const rig::Outcome outcome = rig::run(command(std::move(words)));
  return outcome.exit == Exit{} ? "" : outcome.errors;
}

void TargetProgramSuite::append(const std::vector<Event>& events) {
  const SystemClock clock;
  auto stream = embedded::make_stream({.path = folder_ / "events.db"}, clock);
  auto writer = stream->writer("orders");
  ASSERT_TRUE(writer) << writer.error().message;
  auto tail = (*writer)->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  auto appended = (*writer)->append(tail->tail(), events, events.back().position, shop);
  ASSERT_TRUE(appended) << appended.error().message;
  all_.insert(all_.end(), events.begin(), events.end());
}

void TargetProgramSuite::load(std::uint64_t events, int keys, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Event> batch;
  for (std::uint64_t i = 0; i < events; ++i) {
    const std::uint64_t number = all_.size() + batch.size() + 1;
    // Without a choice of keys, each event inserts a new one.
    const int key = keys == 0 ? static_cast<int>(number)
                              : static_cast<int>(random() % static_cast<unsigned>(keys));
    const char* op = keys == 0 ? "insert" : random() % 4 == 0 ? "delete" : "update";
    batch.push_back(make_event(number, op, key, ""));
  }
  append(batch);
}

std::vector<std::string> TargetProgramSuite::expected(std::uint64_t events) const {
  std::map<std::string, std::string> rows;
  for (std::uint64_t i = 0; i < all_.size() && i < events; ++i) {
    const Event& event = all_[i];
    const std::string row = "id=" + event.subject + " name=n" + event.id.substr(2);
    if (event.type.operation() == "delete") {
      rows.erase(event.subject);
    } else if (event.type.operation() != "gap") {
      rows[event.subject] = row;
    }
  }
  std::vector<std::string> all;
  all.reserve(rows.size());
  for (const auto& [key, row] : rows) all.push_back(row);
  std::ranges::sort(all);
  return all;
}

TEST_P(TargetProgramSuite, FollowsTheStream) {
  load(300, 50, 1);
  EXPECT_EQ(materialize({"--once"}), "");
  EXPECT_EQ(rig_->rows("orders"), expected());
  EXPECT_EQ(materialize({"--once"}), "");
  load(100, 50, 2);
  Process follower(command({}));
  EXPECT_TRUE(rig::wait_until([&] { return rig_->rows("orders") == expected(); }))
      << follower.errors();
  load(100, 50, 3);
  EXPECT_TRUE(rig::wait_until([&] { return rig_->rows("orders") == expected(); }))
      << follower.errors();
  EXPECT_EQ(follower.terminate(), Exit{}) << follower.errors();
  EXPECT_THAT(follower.errors(), HasSubstr("stopped after 200 events, at event 500"));
}

TEST_P(TargetProgramSuite, KilledAtAnyTimeAppliesEachEventOnce) {
  const bool counts = rig_->make_counting_table();
  std::mt19937_64 random(4);
  const int kills = is_long() ? 200 : 8;
  load(2'000, 0, 0);
  for (int i = 0; i < kills; ++i) {
    load(200, 0, 0);
    Process process(command({}));
    const Milliseconds life(random() % 60);
    EXPECT_FALSE(process.wait(life)) << process.errors();
    process.kill();
    rig_->end_transactions();
  }
  EXPECT_EQ(materialize({"--once"}), "");
  EXPECT_EQ(rig_->rows("orders"), expected());
  if (counts) {
    EXPECT_EQ(rig_->writes(), static_cast<std::int64_t>(all_.size()));
  }
}

TEST_P(TargetProgramSuite, TwoAtOnceDoNoHarm) {
  const bool counts = rig_->make_counting_table();
  load(1'000, 0, 0);
  Process one(command({}));
  Process other(command({}));
  for (int i = 0; i < 20; ++i) load(50, 0, 0);
  EXPECT_TRUE(rig::wait_until([&] { return rig_->rows("orders").size() == all_.size(); }))
      << one.errors() << other.errors();
  EXPECT_EQ(one.terminate(), Exit{}) << one.errors();
  EXPECT_EQ(other.terminate(), Exit{}) << other.errors();
  EXPECT_EQ(rig_->rows("orders"), expected());
  if (counts) {
    EXPECT_EQ(rig_->writes(), static_cast<std::int64_t>(all_.size()));
  }
}

TEST_P(TargetProgramSuite, RebuildsBesideAFollower) {
  load(500, 50, 5);
  Process follower(command({"--log", "json"}));
  ASSERT_TRUE(rig::wait_until([&] { return rig_->rows("orders") == expected(); }))
      << follower.errors();
  const rig::Outcome rebuilt = rig::run(command({"--rebuild", "--once"}));
  EXPECT_EQ(rebuilt.exit, Exit{}) << rebuilt.errors;
  EXPECT_THAT(rebuilt.errors, HasSubstr("the new tables have replaced the old ones"));
  EXPECT_EQ(rig_->rows("orders"), expected());
  EXPECT_THAT(rig_->rows("orders_rebuild"), IsEmpty());
  load(200, 50, 6);
  EXPECT_TRUE(rig::wait_until([&] { return rig_->rows("orders") == expected(); }))
      << follower.errors();
  EXPECT_EQ(follower.terminate(), Exit{}) << follower.errors();
}

TEST_P(TargetProgramSuite, MakesTheStateOfAPastMoment) {
  load(400, 30, 7);
  const rig::Outcome at = rig::run(command({"--until", "123"}));
  EXPECT_EQ(at.exit, Exit{}) << at.errors;
  EXPECT_THAT(at.output, HasSubstr("at event 123:\n  orders_at_123\n"));
  EXPECT_EQ(rig_->rows("orders_at_123"), expected(123));
  EXPECT_EQ(materialize({"--until", "2023-11-14T22:13:20.250Z"}), "");
  EXPECT_EQ(rig_->rows("orders_at_20231114t221320250z"), expected(250));
  EXPECT_THAT(rig_->rows("orders"), IsEmpty());
  EXPECT_EQ(materialize({"--once"}), "");
  EXPECT_EQ(rig_->rows("orders"), expected());
  EXPECT_EQ(rig_->rows("orders_at_123"), expected(123));
  EXPECT_THAT(materialize({"--until", "401"}), HasSubstr("the stream ends at 400, before 401"));
}

TEST_P(TargetProgramSuite, AnotherStreamIsRefusedUntilRebuilt) {
  load(100, 10, 8);
  ASSERT_EQ(materialize({"--once"}), "");
  for (const char* const file : {"events.db", "events.db-wal", "events.db-shm"}) {
    std::filesystem::remove(folder_ / file);
  }
  const SystemClock clock;
  ASSERT_TRUE(embedded::make_stream({.path = folder_ / "events.db"}, clock)->prepare("orders"));
  all_.clear();
  load(50, 10, 9);
  EXPECT_THAT(materialize({"--once"}), HasSubstr("--rebuild"));
  std::vector<Event> others;
  for (std::uint64_t i = 51; i <= 150; ++i) {
    others.push_back(make_event(i, "update", 3, ""));
    others.back().id += "x";
  }
  append(others);
  const rig::Outcome refused = rig::run(command({"--once"}));
  EXPECT_EQ(refused.exit, (Exit{.code = 4}));
  EXPECT_THAT(refused.errors, HasSubstr("--rebuild"));
  ASSERT_EQ(materialize({"--rebuild", "--once"}), "");
  EXPECT_EQ(rig_->rows("orders").size(), expected().size());
  EXPECT_EQ(materialize({"--once"}), "");
}

TEST_P(TargetProgramSuite, RemovedEventsAreNoticed) {
  load(100, 0, 0);
  ASSERT_EQ(materialize({"--once"}), "");
  load(100, 0, 0);
  rig::execute(folder_ / "events.db", "DELETE FROM events WHERE sequence < 150");
  EXPECT_THAT(materialize({"--once"}),
              HasSubstr("retention has removed events that the copy needs"));
  EXPECT_THAT(materialize({"--rebuild", "--once"}), HasSubstr("so a new copy would lack rows"));
  EXPECT_EQ(materialize({"--rebuild", "--once", "--incomplete"}), "");
  EXPECT_EQ(rig_->rows("orders").size(), 51U);
}

TEST_P(TargetProgramSuite, GapsStopOrAreCounted) {
  load(10, 0, 0);
  append({make_event(11, "gap", 3,
                     R"(,"gap":{"reason":"too large","from":"","to":"","restated":false})")});
  append({make_event(12, "insert", 12, "")});
  const std::string refused = materialize({"--once"});
  EXPECT_THAT(refused, HasSubstr("says that changes are missing"));
  EXPECT_THAT(refused, HasSubstr("on_gap: continue"));
  // What was before it is there.
  EXPECT_EQ(rig_->rows("orders"), expected(10));
  configure(", on_gap: continue");
  const rig::Outcome counted = rig::run(command({"--once"}));
  EXPECT_EQ(counted.exit, Exit{}) << counted.errors;
  EXPECT_THAT(counted.errors, HasSubstr("at event 12, 1 gaps"));
  EXPECT_EQ(rig_->rows("orders"), expected());
}

}  // namespace headwater::testing
