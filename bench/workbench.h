// The parts that the measurements share: options, a folder, a captured database and its load.
#pragma once

#include <sqlite3.h>

#include <chrono>
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
  std::filesystem::path headwater;  ///< The program to measure.
  std::filesystem::path folder;     ///< For databases and streams; the disk matters.
  bool quick = false;               ///< Less of everything: shows that it works, not how fast.
  int runs = 0;                     ///< 0: each measurement's default.
  std::int64_t changes = 0;         ///< That `peers` counts; 0: its default.
};

/// A folder with a captured database, a stream and their configuration. The destructor deletes it.
class Site {
 public:
  /// `name` must be unique among the existing ones.
  static Result<Site> create(const Options& options, const std::string& name);
  Site(Site&&) noexcept = default;
  Site& operator=(Site&&) = delete;
  ~Site();

  [[nodiscard]] std::string source() const { return (folder_ / "source.db").string(); }
  [[nodiscard]] std::string stream() const { return (folder_ / "events.db").string(); }
  [[nodiscard]] std::string config() const { return (folder_ / "headwater.yaml").string(); }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "headwater.log"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  /// Only creates the table.
  Result<void> create_table() const;
  /// Runs `headwater init`.
  Result<void> init() const;
  /// Starts `headwater run`.
  [[nodiscard]] Result<Process> run() const;
  /// Runs `headwater run --until-current`.
  [[nodiscard]] Result<Ended> drain() const;
  /// Copies the database and the stream of `other`, which must not be open.
  Result<void> copy_from(const Site& other) const;

 private:
  Site(std::filesystem::path program, std::filesystem::path folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}
  std::filesystem::path program_;
  std::filesystem::path folder_;
};

/// A writer like that of a service: WAL, and every commit durable (synchronous=FULL).
Result<sqlite::Database> open_writer(const std::string& path);

/// Changes to the table, about 200 bytes each: of ten, six are inserts, three updates, one a
/// delete. Change number i (from 0) is the same on every machine.
class Load {
 public:
  static Result<Load> on(sqlite::Database& database);
  /// Makes change i as one statement.
  Result<void> change(std::int64_t i);
  /// Only inserts the row `id`.
  Result<void> insert(std::int64_t id);

 private:
  Load(sqlite::Statement insert, sqlite::Statement update, sqlite::Statement remove);
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement remove_;
};

/// Commits `changes` changes in transactions of `batch` as fast as possible (not durably), and
/// leaves no -wal. Reports its progress on stderr.
Result<void> fill(const std::string& path, std::int64_t changes, std::int64_t batch);

/// Prints what is being done, for a person who watches.
void progress(const std::string& what);

/// The processor time of a child over the next `span`, in per cent of one core.
[[nodiscard]] Result<double> processor_share(const Process& child, std::chrono::seconds span);

/// Seconds from `start` until now.
[[nodiscard]] double seconds_since(SteadyTime start);
[[nodiscard]] SteadyTime now();

}  // namespace headwater::bench
