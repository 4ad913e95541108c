// The join under random orders of commits, pieces, restarts and limits, each from a seed.
#include "src/sources/shared/snapshot_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "src/sources/shared/scripted.h"

namespace headwater::sources {
namespace {

constexpr std::uint64_t seeds = 200;

/// Applies what comes, and compares itself at every position with the database at that place.
class Reader {
 public:
  Reader(const ScriptedDatabase& database, bool renames)
      : database_(&database), renames_(renames) {}

  void apply(const Change& change) {
    if (!ids_.insert(change.id).second) complain("the id comes twice", change);
    ScriptedChange applied{.op = change.op, .table = change.table};
    applied.renamed_to = change.renamed_to;
    if (change.key) {
      applied.key = std::get<std::int64_t>(values_of(*change.key)[0]);
      applied.value = std::get<std::int64_t>(values_of(*change.after)[0]);
      expect_fits(change, applied.key);
    }
    state_ = ScriptedDatabase::after(std::move(state_), applied);
    compare(change.position, change.id);
    if (change.transaction) expect_ordinal(change);
  }

  /// Rows up to the place are as they are in the database, neither more nor fewer.
  void compare(const Position& position, const std::string& at) {
    const auto [taken, place] = scripted_position(position);
    if (behind(state_, place, taken) != behind(database_->state(taken), place, taken)) {
      complain("a row is not as the database has it at " + position.token, {.id = at});
    }
  }
  void expect_past(const Position& position, std::size_t changes) {
    if (scripted_position(position).taken < changes) {
      complain("current, but there is more", {.id = position.token});
    }
  }
  void complain(const std::string& what, const Change& change) {
    if (complaint_.empty()) complaint_ = what + ": " + change.id;
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  /// Each row is told once, unless a table has another name or nobody can compare the key.
  void expect_fits(const Change& change, std::int64_t key) {
    const std::size_t taken = scripted_position(change.position).taken;
    if (renames_ || cannot_be_compared(key) || goes_away(change.table, taken)) return;
    const bool comes = change.op == Op::read || change.op == Op::insert;
    if (state_[change.table].contains(key) == comes) complain("the row is told twice", change);
  }

  void expect_ordinal(const Change& change) {
    const Transaction& transaction = *change.transaction;
    if (transaction.id != transaction_) next_ordinal_ = 0;
    transaction_ = transaction.id;
    if (transaction.ordinal != next_ordinal_++) complain("the ordinal is wrong", change);
    if (transaction.last && scripted_position(change.position).place.transaction) {
      complain("the transaction is over and not over", change);
    }
  }

  /// Of a table that was gone when its turn came, only changes are told, up to the one that says
  /// so.
  [[nodiscard]] bool goes_away(const std::string& table, std::size_t taken) const {
    const auto& changes = database_->changes();
    return std::any_of(changes.begin() + static_cast<std::ptrdiff_t>(taken), changes.end(),
                       [&](const ScriptedChange& change) {
                         return (change.op == Op::drop || change.op == Op::rename) &&
                                (change.table == table || change.renamed_to == table);
                       });
  }

  [[nodiscard]] std::map<std::string, Rows> behind(const State& state, const Place& place,
                                                   std::size_t taken) const {
    std::map<std::string, Rows> result;
    for (const auto& [table, rows] : state) {
      if (place.snapshot && goes_away(table, taken)) continue;
      for (const auto& row : rows) {
        if (is_behind(table, row.first, place)) result[table].insert(row);
      }
    }
    return result;
  }
  static bool is_behind(const std::string& table, std::int64_t key, const Place& place) {
    if (!place.snapshot) return true;
    const TablePlace& at = *place.snapshot;
    if (table != at.name.table) return table < at.name.table;
    return at.whole || (!at.after.empty() && key <= std::stoll(at.after));
  }

  const ScriptedDatabase* database_;
  bool renames_;
  State state_;
  std::set<std::string> ids_;
  std::string transaction_;
  std::uint64_t next_ordinal_ = 0;
  std::string complaint_;
};

/// What a reader of the joined changes has to complain of; empty: nothing.
std::string complaint(std::uint64_t seed, Broken broken) {
  const bool renames = seed % 3 == 0;
  ScriptedDatabase database(seed, 60, renames);
  for (int i = 0; i < 20; ++i) database.commit();
  Random random(~seed);
  ScriptedLog log(database, broken);
  ScriptedTables tables(database, broken);
  const SystemClock clock;
  SnapshotJoin join(log, tables, {}, clock);
  Reader reader(database, renames);
  EXPECT_TRUE(log.start(StartAt::now, {}));
  Place first;
  first.snapshot.emplace();
  for (Position at = log.position(first);;) {
    const bool last = database.at_rest();
    const std::size_t there = database.changes().size();
    join.begin(*log.seek(at, {}));
    for (bool crashed = false; !crashed;) {
      const ReadLimits limits{.count = 1 + random() % 6, .bytes = 400 + random() % 2'000};
      auto batch = join.read(limits, Milliseconds(0), {});
      EXPECT_TRUE(batch) << batch.error().message;
      // The stream got this many of them.
      crashed = random() % 10 == 0;
      const std::size_t kept =
          crashed ? random() % (batch->changes.size() + 1) : batch->changes.size();
      for (std::size_t i = 0; i < kept; ++i) {
        reader.apply(batch->changes[i]);
        at = batch->changes[i].position;
      }
      if (!crashed) {
        at = batch->position;
        reader.compare(at, "a batch's end");
        if (batch->current) reader.expect_past(at, there);
      }
      if (!reader.complaint().empty()) return reader.complaint();
      if (last && batch->current && batch->changes.empty()) return "";
    }
  }
}

TEST(SnapshotJoin, GivesTheDatabasesStateInAnyOrderOfThings) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    ASSERT_EQ(complaint(seed, Broken::nothing), "") << "seed " << seed;
  }
}

class BrokenJoin : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenJoin, IsNoticed) {
  std::uint64_t seed = 1;
  while (seed <= seeds && complaint(seed, GetParam()).empty()) ++seed;
  EXPECT_LE(seed, seeds);
}

INSTANTIATE_TEST_SUITE_P(Ways, BrokenJoin,
                         ::testing::Values(Broken::piece_at_once, Broken::reached_too_early,
                                           Broken::ahead_is_no, Broken::unknown_is_yes,
                                           Broken::place_before_row, Broken::older_piece,
                                           Broken::renames_ignored, Broken::end_not_waited_for));

}  // namespace
}  // namespace headwater::sources
