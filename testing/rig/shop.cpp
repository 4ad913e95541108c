#include "testing/rig/shop.h"

#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/shop_writer.h"

namespace headwater::rig {
namespace {

constexpr const char* tables = R"sql(
CREATE TABLE customers(
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT,
  balance REAL NOT NULL DEFAULT 0
);
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  customer INTEGER,
  status TEXT NOT NULL,
  total INTEGER NOT NULL,
  note BLOB
);
CREATE TABLE items(
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  sku TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
)sql";

}  // namespace

void make_shop(const std::string& path, Journal journal) {
  auto shop = sqlite::Database::open(path, sqlite::Open::create, Origin::usage);
  auto made = shop ? shop->execute(std::string("PRAGMA journal_mode=") +
                                   (journal == Journal::wal ? "WAL;" : "DELETE;") + tables)
                   : Result<void>(fail(std::move(shop.error())));
  if (!made) give_up(made.error().message);
}

MakeWriter shop_writers(const std::string& path) {
  return [path](std::uint64_t seed) { return ShopWriter::open(path, seed); };
}

}  // namespace headwater::rig
