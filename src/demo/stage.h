// What the demo plays on: a folder with a shop's database, a configuration and a stream.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::demo {

struct Stage {
  std::string folder;
  std::string database;
  std::string stream;
  std::string config;
  std::string errors;  ///< What the processes say on stderr.
};

/// Makes the folder, the database with some orders in it, and the configuration. `folder` may be
/// empty: a fresh one.
Result<Stage> make_stage(const std::string& folder);

/// `path` seen from the working directory, where that is shorter.
[[nodiscard]] std::string short_path(const std::string& path);

/// Looks at the shop while it is at work. One thread.
class ShopWatch {
 public:
  /// After `headwater init`.
  static Result<ShopWatch> open(const std::string& database);

  Result<std::uint64_t> orders();
  /// The number of the latest change in the database's own log.
  Result<std::uint64_t> latest_change();
  sqlite::Database& database() { return database_; }

 private:
  explicit ShopWatch(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
};

}  // namespace headwater::demo
