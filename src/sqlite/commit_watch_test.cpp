#include "src/sqlite/commit_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace headwater::sqlite {
namespace {

constexpr Milliseconds never(600'000);

class CommitWatchTest : public ::testing::TestWithParam<const char*> {
 protected:
  CommitWatchTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headwater-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    writer_ = connect(Open::create);
    EXPECT_TRUE(writer_->execute(std::string("PRAGMA journal_mode=") + GetParam()));
    EXPECT_TRUE(writer_->execute("CREATE TABLE t(a)"));
    reader_ = connect(Open::read_only);
  }
  ~CommitWatchTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::optional<Database> connect(Open mode) const {
    auto database = Database::open((folder_ / "a.db").string(), mode, Origin::source);
    EXPECT_TRUE(database);
    return std::move(*database);
  }

  std::filesystem::path folder_;
  std::optional<Database> writer_;
  std::optional<Database> reader_;
};

TEST_P(CommitWatchTest, OnlyTheFirstCallAndCommitsReturnTrue) {
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  EXPECT_FALSE(*watch->wait(Milliseconds(30), {}));
  ASSERT_TRUE(writer_->execute("INSERT INTO t VALUES (1)"));
  EXPECT_TRUE(*watch->wait(never, {}));
  EXPECT_FALSE(*watch->wait(Milliseconds(0), {}));
}

TEST_P(CommitWatchTest, RollbackDoesNotWake) {
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  ASSERT_TRUE(writer_->execute("BEGIN; INSERT INTO t VALUES (1); ROLLBACK"));
  EXPECT_FALSE(*watch->wait(Milliseconds(30), {}));
}

TEST_P(CommitWatchTest, EveryCommitWakesAWait) {
  for (auto* database : {&writer_, &reader_}) (*database)->set_busy(never);
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  std::jthread commits([this] {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(writer_->execute("INSERT INTO t VALUES (1)"));
  });
  for (std::int64_t seen = 0; seen < 200;) {
    const auto count = reader_->integer("SELECT count(*) FROM t");
    ASSERT_TRUE(count) << count.error().message;
    seen = *count;
    if (seen == 200) break;
    const auto woken = watch->wait(never, {});
    ASSERT_TRUE(woken) << woken.error().message;
    EXPECT_TRUE(*woken);
  }
}

TEST_P(CommitWatchTest, StopWakesAWait) {
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  std::stop_source source;
  std::jthread stopper([&source] { source.request_stop(); });
  EXPECT_FALSE(*watch->wait(never, source.get_token()));
}

TEST_P(CommitWatchTest, ALockedFileDoesNotDelayAStop) {
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  ASSERT_TRUE(writer_->execute("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)"));
  std::stop_source source;
  std::jthread stopper([&source] { source.request_stop(); });
  EXPECT_FALSE(*watch->wait(never, source.get_token()));
  ASSERT_TRUE(writer_->execute("COMMIT"));
  EXPECT_TRUE(*watch->wait(never, {}));
}

TEST_P(CommitWatchTest, RemovedFilesWakeAWait) {
  auto watch = CommitWatch::on(*reader_);
  ASSERT_TRUE(watch);
  EXPECT_TRUE(*watch->wait(never, {}));
  const std::string file = (folder_ / "a.db").string();
  std::jthread remover([&] {
    std::filesystem::remove(file + (std::filesystem::exists(file + "-wal") ? "-wal" : ""));
  });
  EXPECT_TRUE(*watch->wait(never, {}));
  remover.join();
  EXPECT_NE(reader_->files(), Files::in_place);
}

INSTANTIATE_TEST_SUITE_P(Journal, CommitWatchTest, ::testing::Values("WAL", "DELETE"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace headwater::sqlite
