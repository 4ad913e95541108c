// The stage of the demo: a folder with a shop's database, a configuration and a stream.
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
  std::string errors;  ///< The stderr of the processes.
};

/// Creates the folder, the database with some orders, and the configuration. An empty `folder`
/// means a new one.
Result<Stage> make_stage(const std::string& folder);

/// `path` relative to the working directory, if that is shorter.
[[nodiscard]] std::string short_path(const std::string& path);

/// Reads the shop while it is in use. One thread.
class ShopWatch {
 public:
  /// Call it after `headwater init`.
  static Result<ShopWatch> open(const std::string& database);

  Result<std::uint64_t> orders();
  /// The number of the latest change in the database's log.
  Result<std::uint64_t> latest_change();
  sqlite::Database& database() { return database_; }

 private:
  explicit ShopWatch(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
};

}  // namespace headwater::demo
