// For tests: a captured database of two tables, and sources on it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/sources/sqlite/feed/log_source.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// A new folder with a database of two tables: `item(k INTEGER PRIMARY KEY, v)` and `word(w TEXT
/// COLLATE NOCASE, n INTEGER, v, PRIMARY KEY (w, n)) WITHOUT ROWID`.
class FeedRig {
 public:
  explicit FeedRig(const std::string& journal_mode = "wal");
  ~FeedRig();
  FeedRig(const FeedRig&) = delete;
  FeedRig& operator=(const FeedRig&) = delete;

  /// On the rig's own connection.
  void run(const std::string& sql);
  std::int64_t number(const std::string& sql);
  /// Does the work of init for a relay.
  void add_relay(const std::string& name, bool snapshot,
                 std::optional<std::vector<std::string>> tables = std::nullopt);
  Database connect();

  [[nodiscard]] LogSourceOptions options(const std::string& relay) const;
  std::unique_ptr<LogSource> source(const std::string& relay);
  std::unique_ptr<LogSource> source(const LogSourceOptions& options);

  [[nodiscard]] std::string path() const { return (folder_ / "shop.db").string(); }
  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  SystemClock clock_;
  std::filesystem::path folder_;
  std::optional<Database> writer_;
};

/// The value of a Result, or a test failure that shows the error.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().name << ": " << result.error().message;
    std::abort();
  }
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  ASSERT_TRUE(result) << result.error().name << ": " << result.error().message;
}

/// Reads all changes in batches of `limits`; stores the last position in `position` if given.
std::vector<Change> read_all(Source& source, ReadLimits limits = {1000, 1U << 20U},
                             Position* position = nullptr);
/// "insert item i1", for comparing.
std::string brief(const Change& change);
std::vector<std::string> briefs(const std::vector<Change>& changes);
/// Releases the source as after an append at this position.
Durable durable(const Position& position);

}  // namespace headwater::sqlite
