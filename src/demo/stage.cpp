#include "src/demo/stage.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace headwater::demo {
namespace {

namespace fs = std::filesystem;

constexpr const char* shop = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE,
  customer TEXT NOT NULL,
  cents INTEGER NOT NULL,
  status TEXT NOT NULL
);
CREATE TABLE items(
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  article TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO orders SELECT i, 'old ' || i, 'customer ' || i, 100 * i, 'delivered' FROM n;
)sql";

constexpr const char* config = R"yaml(# Made by `headwater demo`.
relay: orders
takeover_after: 1s
source:
  sqlite: { path: shop.db, tables: [orders, items] }
stream:
  embedded: { path: events.db }
)yaml";

Error unusable(const std::string& folder, const std::string& why) {
  return {.name = "demo.folder", .message = folder + ": " + why, .next = "choose an empty folder"};
}

Result<std::string> make_folder(const std::string& wanted) {
  std::error_code failed;
  if (wanted.empty()) {
    std::string fresh = fs::temp_directory_path(failed) / "headwater-demo-XXXXXX";
    if (failed || ::mkdtemp(fresh.data()) == nullptr) {
      return fail(unusable(fresh, "cannot be created"));
    }
    return fresh;
  }
  fs::create_directories(wanted, failed);
  if (failed) return fail(unusable(wanted, failed.message()));
  const bool empty = fs::is_empty(wanted, failed);
  if (failed) return fail(unusable(wanted, failed.message()));
  if (!empty) return fail(unusable(wanted, "is not empty"));
  return fs::absolute(wanted).string();
}

}  // namespace

Result<Stage> make_stage(const std::string& wanted) {
  auto folder = make_folder(wanted);
  if (!folder) return failed(folder);
  const Stage stage{.folder = *folder,
                    .database = *folder + "/shop.db",
                    .stream = *folder + "/events.db",
                    .config = *folder + "/headwater.yaml",
                    .errors = *folder + "/errors.log"};
  std::ofstream file(stage.config);
  file << config;
  file.close();
  if (!file) return fail(unusable(stage.folder, "cannot be written to"));
  auto database = sqlite::Database::open(stage.database, sqlite::Open::create, Origin::source);
  if (!database) return failed(database);
  if (auto made = database->execute(shop); !made) return failed(made);
  return stage;
}

Result<ShopWatch> ShopWatch::open(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_only, Origin::source);
  if (!database) return failed(database);
  return ShopWatch(std::move(*database));
}

Result<std::uint64_t> ShopWatch::orders() {
  auto count = database_.integer("SELECT count(*) FROM orders");
  if (!count) return failed(count);
  return static_cast<std::uint64_t>(*count);
}

Result<std::uint64_t> ShopWatch::latest_change() {
  auto latest = database_.integer("SELECT max(seq) FROM _headwater_log");
  if (!latest) return failed(latest);
  return static_cast<std::uint64_t>(*latest);
}

std::string short_path(const std::string& path) {
  std::error_code failed;
  const std::string near = fs::proximate(path, failed).string();
  return failed || near.size() >= path.size() ? path : near;
}

}  // namespace headwater::demo
