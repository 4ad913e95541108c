#include "src/sources/postgresql/audit/pg_audit.h"

#include "src/sources/postgresql/feed_rig.h"

namespace headwater::postgresql {
namespace {

class Audited : public Feed {
 protected:
  Audited() {
    sql("CREATE TABLE t(id int PRIMARY KEY)");
    options_.tables = {"t"};
  }
  std::unique_ptr<Audit> audit_at(const Position& tail) {
    auto audit = adapter()->audit("a");
    EXPECT_TRUE(audit) << audit.error().message;
    if (!audit) return nullptr;
    const auto begun = (*audit)->begin(tail);
    EXPECT_TRUE(begun) << begun.error().message;
    return *std::move(audit);
  }
  static void observe(Audit& audit, std::uint64_t sequence, const std::string& id) {
    StoredEvent stored;
    stored.sequence = sequence;
    stored.event.id = id;
    EXPECT_EQ(audit.observe(stored), true);
  }
};

/// A relay reads the slot meanwhile.
TEST_F(Audited, WhatIsNotInTheStreamYetIsPending) {
  start();
  sql("INSERT INTO t VALUES (1)");
  const auto published = changes();
  ASSERT_EQ(published.size(), 1U);
  sql("INSERT INTO t VALUES (2)");
  auto audit = audit_at(at_);
  ASSERT_NE(audit, nullptr);
  // After the point.
  sql("INSERT INTO t VALUES (3)");
  observe(*audit, 1, published[0].id);
  const ReadLimits limits{.count = 10, .bytes = 1U << 20U};
  auto pending = audit->pending(limits);
  ASSERT_TRUE(pending) << pending.error().message;
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(values_of(pending->front().key)[0], Value(std::int64_t{2}));
  EXPECT_EQ(audit->pending(limits)->size(), 0U);
  auto rows = audit->rows(limits);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 2U);
  EXPECT_EQ(audit->rows(limits)->size(), 0U);
  EXPECT_TRUE(audit->covers(name_, "public.t"));
  EXPECT_FALSE(audit->covers(name_, "public.other"));
  const auto found = audit->findings({});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->published, 1U);
  EXPECT_EQ(found->pending, 1U);
  EXPECT_EQ(found->repeated + found->out_of_order + found->lost, 0U);
  EXPECT_EQ(changes().size(), 2U);
}

TEST_F(Audited, ATableWithoutAKeyMayHaveEqualRows) {
  sql("CREATE TABLE keyless(a int)");
  sql("ALTER TABLE keyless REPLICA IDENTITY FULL");
  sql("INSERT INTO keyless VALUES (1), (1)");
  sql("INSERT INTO t VALUES (1)");
  options_.tables = {"t", "keyless"};
  start();
  auto audit = audit_at(at_);
  ASSERT_NE(audit, nullptr);
  const ReadLimits limits{.count = 10, .bytes = 1U << 20U};
  while (!audit->rows(limits)->empty()) {
  }
  EXPECT_TRUE(audit->may_repeat_rows(name_, "public.keyless"));
  EXPECT_FALSE(audit->may_repeat_rows(name_, "public.t"));
}

TEST_F(Audited, IdsShowWhatIsRepeatedOrInTheWrongOrder) {
  start();
  auto audit = audit_at(at_);
  ASSERT_NE(audit, nullptr);
  observe(*audit, 1, "snapshot:0/15:public.t:1");
  observe(*audit, 2, "1:0/16B3748:0/16B3700:0");
  observe(*audit, 3, "1:0/F6B3748:0/E6B3700:0");
  observe(*audit, 4, "1:0/F6B3748:0/E6B3700:0");
  observe(*audit, 5, "1:0/F6B3747:0/E6B3700:1");
  observe(*audit, 6, "2:0/16B3748:0/16B3700:0");
  const auto found = audit->findings({});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->published, 4U);
  EXPECT_EQ(found->repeated, 1U);
  EXPECT_EQ(found->out_of_order, 1U);
}

}  // namespace
}  // namespace headwater::postgresql
