// Helpers that the tests of the embedded stream share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_child.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::embedded {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return steady_ += each_look_; }

  void set(WallTime time) { wall_ = time; }
  void pass(Milliseconds span) { steady_ += span; }
  /// Every reading of it takes this long.
  void slow(Milliseconds each_look) { each_look_ = each_look; }

 private:
  WallTime wall_{Milliseconds(1'800'000'000'000)};
  mutable SteadyTime steady_{};
  Milliseconds each_look_{0};
};

/// A temporary folder with one stream.
class StreamTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / "events.db"; }

  [[nodiscard]] std::unique_ptr<StreamAdapter> stream(Retention retention = {}) const {
    return make_stream({.path = path(), .retention = retention}, clock_);
  }

  void prepare() const {
    auto prepared = stream()->prepare("a");
    ASSERT_TRUE(prepared) << prepared.error().message;
  }

  /// Appends `count` sample events of relay "a" as one batch.
  static Tail append(StreamWriter& writer, std::uint64_t count) {
    auto tail = writer.tail();
    EXPECT_TRUE(tail) << tail.error().message;
    if (!tail) return {};
    const std::uint64_t done = testing::counted(tail->tail().position);
    auto appended = writer.append(tail->tail(), testing::sample_batch("a", done + 1, count),
                                  testing::count_position(done + count), testing::sample_source);
    EXPECT_TRUE(appended) << appended.error().message;
    return appended ? appended->tail() : Tail{};
  }
  void fill(std::uint64_t count) const { append(**stream()->writer("a"), count); }

  [[nodiscard]] StreamRange range() const { return *(*stream()->reader())->range(); }

  /// Ids of all events.
  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    auto found = (*stream()->reader())
                     ->read(1, {.count = 1'000'000, .bytes = std::size_t{1} << 30U}, {}, {});
    EXPECT_TRUE(found) << found.error().message;
    for (const StoredEvent& stored : *found) ids.push_back(stored.event.id);
    return ids;
  }

  [[nodiscard]] sqlite::Database plain() const {
    return std::move(*sqlite::Database::open(path(), sqlite::Open::create, Origin::stream));
  }

  ManualClock clock_;
  rig::TemporaryFolder folder_;
};

}  // namespace headwater::embedded
