// Compares the writers' own counts with audit triggers. Many disasters rely on these counts.
#include "testing/rig/shop.h"

#include <gtest/gtest.h>

#include "testing/rig/sqlite_files.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

void audit(const std::string& shop, const std::string& table, const std::string& operation) {
  const std::string begin = "CREATE TRIGGER audit_" + table + operation + " AFTER " + operation +
                            " ON " + table + " BEGIN INSERT INTO audit VALUES ('" + table + "', '";
  // The writers update only the keys of items, which counts as a delete and an insert.
  if (table + operation == "itemsupdate") {
    execute(shop, begin + "delete'), ('items', 'insert'); END");
  } else {
    execute(shop, begin + operation + "'); END");
  }
}

class ShopWithAudit : public ::testing::TestWithParam<Journal> {};

TEST_P(ShopWithAudit, WritersCountTheirChanges) {
  const TemporaryFolder folder;
  const std::string shop = folder / "shop.db";
  make_shop(shop, GetParam());
  execute(shop, "CREATE TABLE audit(t, op)");
  for (const std::string table : {"customers", "orders", "items"}) {
    for (const std::string operation : {"insert", "update", "delete"}) {
      audit(shop, table, operation);
    }
  }
  Writers writers(shop_writers(shop), 3, {.seed = 7, .transactions = 200});
  const Written written = writers.join();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(written.transactions, 600U);
  for (const auto& [what, count] : written.changes) {
    // REPLACE fires no delete trigger, so the remaining rows give the number of deleted customers.
    if (what == "customers.delete") continue;
    EXPECT_EQ(
        static_cast<std::int64_t>(count),
        query_integer(shop, "SELECT count(*) FROM audit WHERE t || '.' || op = '" + what + "'"))
        << what;
  }
  EXPECT_GT(written.changes.at("customers.delete"), 0U);
  EXPECT_EQ(static_cast<std::int64_t>(written.changes.at("customers.insert") -
                                      written.changes.at("customers.delete")),
            query_integer(shop, "SELECT count(*) FROM customers"));
  EXPECT_EQ(written.changes.size(), 8U);
}

INSTANTIATE_TEST_SUITE_P(Journals, ShopWithAudit,
                         ::testing::Values(Journal::wal, Journal::rollback));

}  // namespace
}  // namespace headwater::rig
