// What the measurements share: their options, a folder of their own, a database to capture and the
// load on it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/figure.h"
#include "bench/process.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::bench {

struct Options {
  std::filesystem::path headwater;  ///< The program measured.
  std::filesystem::path folder;     ///< Where databases and streams go; the disk matters.
  bool quick = false;               ///< Less of everything: proves that it works, not how fast.
  int runs = 0;                     ///< 0: each measurement's own number.
};

/// A folder with a captured database, a stream and their configuration; removed in the end.
class Site {
 public:
  /// `name` is unique among those that exist at one time.
  static Result<Site> create(const Options& options, const std::string& name);
  Site(Site&&) noexcept = default;
  Site& operator=(Site&&) = delete;
  ~Site();

  [[nodiscard]] std::string source() const { return (folder_ / "source.db").string(); }
  [[nodiscard]] std::string stream() const { return (folder_ / "events.db").string(); }
  [[nodiscard]] std::string config() const { return (folder_ / "headwater.yaml").string(); }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "headwater.log"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  /// The table alone, without Headwater.
  Result<void> create_table() const;
  /// `headwater init`.
  Result<void> init() const;
  /// `headwater run` until it is stopped.
  [[nodiscard]] Result<Process> run() const;
  /// `headwater run --until-current`.
  [[nodiscard]] Result<Ended> drain() const;
  /// Makes database and stream byte for byte those of `other`, which nobody has open.
  Result<void> copy_from(const Site& other) const;

 private:
  Site(std::filesystem::path program, std::filesystem::path folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}
  std::filesystem::path program_;
  std::filesystem::path folder_;
};

/// A writer as any service has one: WAL, and every commit durable (synchronous=FULL).
Result<sqlite::Database> open_writer(const std::string& path);

/// Changes to the table, some 200 bytes each: of ten, six rows are inserted, three updated, one
/// deleted. Change number i (from 0) is the same on every machine.
class Load {
 public:
  static Result<Load> on(sqlite::Database& database);
  /// Makes change i as one statement.
  Result<void> change(std::int64_t i);
  /// Inserts the row `id` and nothing else.
  Result<void> insert(std::int64_t id);

 private:
  Load(sqlite::Statement insert, sqlite::Statement update, sqlite::Statement remove);
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement remove_;
};

/// Commits `changes` changes in transactions of `batch`, as fast as it can (not durably), and
/// leaves no -wal behind. Says on stderr how far it is.
Result<void> fill(const std::string& path, std::int64_t changes, std::int64_t batch);

/// Tells a watching person what is being done.
void progress(const std::string& what);

/// Seconds from `start` until now.
[[nodiscard]] double seconds_since(SteadyTime start);
[[nodiscard]] SteadyTime now();

}  // namespace headwater::bench
