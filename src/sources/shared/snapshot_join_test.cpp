// The join under random orders of commits, pieces, restarts and limits, each from a seed.
#include "src/sources/shared/snapshot_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

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
    if (change.op == Op::truncate) {
      std::erase_if(read_again_, [&](const auto& row) { return row.first.first == change.table; });
    }
    if (is_read_again(change)) {
      if (++read_again_[{change.table, applied.key}] > 1) complain("the row is read twice", change);
    }
    state_ = ScriptedDatabase::after(std::move(state_), applied);
    compare(change.position, change.id);
    if (change.transaction) expect_ordinal(change);
  }

  /// Rows up to the place are as they are in the database, neither more nor fewer.
  void compare(const Position& position, const std::string& at) {
    const auto [taken, place] = scripted_position(position);
    if (behind(state_, place, taken) != behind(expected(place, taken), place, taken)) {
      complain("a row is not as the database has it at " + position.token, {.id = at});
    }
  }
  void expect_past(const Position& position, std::size_t changes) {
    if (scripted_position(position).taken < changes) {
      complain("current, but there is more", {.id = position.token});
    }
  }
  /// From here on, `request` is due.
  void expect_again(const ReadRequest& request, const Position& position) {
    request_ = request;
    requested_after_ = scripted_position(position).taken;
    read_again_.clear();
  }
  /// Every row that did not change meanwhile has been read, and none that was not asked for.
  void expect_read(const Position& position) {
    const auto& changes = database_->changes();
    const std::size_t taken = scripted_position(position).taken;
    const auto unchanged = [&](const std::string& table, std::int64_t key) {
      return std::none_of(
          changes.begin() + static_cast<std::ptrdiff_t>(requested_after_),
          changes.begin() + static_cast<std::ptrdiff_t>(taken), [&](const ScriptedChange& change) {
            const bool of_table =
                change.table == table || (change.op == Op::rename && change.renamed_to == table);
            return of_table && (change.key == key || change.op == Op::drop ||
                                change.op == Op::truncate || change.op == Op::rename);
          });
    };
    for (const TableName& name : request_.tables) {
      for (const auto& [key, value] : state_[name.table]) {
        const bool wanted = request_.filter.empty() || key % 2 == 0;
        if (wanted && unchanged(name.table, key) && !read_again_.contains({name.table, key})) {
          complain("the row was not read again", {.id = name.table + std::to_string(key)});
        }
      }
    }
    for (const auto& [row, times] : read_again_) {
      const bool wanted = request_.filter.empty() || row.second % 2 == 0;
      const bool asked = std::ranges::count(request_.tables, TableName{"db", "", row.first}) == 1;
      if (!wanted || !asked) complain("nobody asked for the row", {.id = row.first});
    }
  }
  void complain(const std::string& what, const Change& change) {
    if (complaint_.empty()) complaint_ = what + ": " + change.id;
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  static bool is_read_again(const Change& change) { return change.id.starts_with("again:"); }

  /// Each row is told once, unless a table has another name or nobody can compare the key.
  void expect_fits(const Change& change, std::int64_t key) {
    const std::size_t taken = scripted_position(change.position).taken;
    // To a row that was asked for, all changes come.
    const bool asked_for = read_again_.contains({change.table, key});
    if (is_read_again(change) || asked_for || renames_ || cannot_be_compared(key) ||
        goes_away(change.table, taken))
      return;
    const bool comes = change.op == Op::read || change.op == Op::insert;
    const Rows& rows = state_[change.table];
    const auto row = rows.find(key);
    const auto value = std::get<std::int64_t>(values_of(*change.after)[0]);
    const bool same = change.op == Op::update && row != rows.end() && row->second == value;
    if ((row != rows.end()) == comes || same) complain("the row is told twice", change);
  }
  /// The state after so many changes; the rows that were returned last may be ahead of it.
  [[nodiscard]] State expected(const Place& place, std::size_t taken) const {
    State state = database_->state(taken);
    if (!place.snapshot || !place.snapshot->overlap) return state;
    const Overlap& overlap = *place.snapshot->overlap;
    State ahead = database_->state_without(hidden_in(overlap.sight), taken, overlap.until.high);
    Rows& rows = state[place.snapshot->name.table];
    std::erase_if(rows, [&](const auto& row) { return is_after(row.first, overlap.after); });
    for (const auto& row : ahead[place.snapshot->name.table]) {
      if (is_after(row.first, overlap.after)) rows.insert(row);
    }
    return state;
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
      if (place.leaves_out_changes() && goes_away(table, taken)) continue;
      for (const auto& row : rows) {
        if (is_behind(table, row.first, place)) result[table].insert(row);
      }
    }
    return result;
  }
  static bool is_behind(const std::string& table, std::int64_t key, const Place& place) {
    // All changes to these come, so for a while a row may be newer than they are, or be there no more.
    const bool all_come = !place.leaves_out_changes() || cannot_be_compared(key);
    if (all_come && is_read_ahead(table, place)) return false;
    if (!place.leaves_out_changes()) return true;
    const TablePlace& at = *place.snapshot;
    if (table != at.name.table) return table < at.name.table;
    return at.whole || (!at.after.empty() && key <= std::stoll(at.after));
  }
  static bool is_after(std::int64_t key, const std::string& after) {
    return after.empty() || key > std::stoll(after);
  }
  static bool is_read_ahead(const std::string& table, const Place& place) {
    return place.snapshot && place.snapshot->overlap && table == place.snapshot->name.table;
  }

  const ScriptedDatabase* database_;
  bool renames_;
  State state_;
  std::set<std::string> ids_;
  std::string transaction_;
  std::uint64_t next_ordinal_ = 0;
  ReadRequest request_;
  std::size_t requested_after_ = 0;
  std::map<std::pair<std::string, std::int64_t>, int> read_again_;
  std::string complaint_;
};

/// A person's, who asks a relay at `at` for some tables, whether they exist or not.
ReadRequest any_request(Random& random, int number) {
  ReadRequest request{.id = std::to_string(number), .tables = {}, .filter = {}};
  for (const char* table : {"a", "b", "c", "d"}) {
    if (random() % 2 == 0) request.tables.push_back({"db", "", table});
  }
  if (request.tables.empty()) request.tables.push_back({"db", "", "b"});
  if (random() % 3 == 0) request.filter = "even";
  return request;
}

Position requested(ScriptedLog& log, const Position& at, const ReadRequest& request,
                   Broken broken) {
  Place place = *log.seek(at, {});
  place.snapshot =
      TablePlace{.all_changes = broken != Broken::request_leaves_out, .request = request};
  return log.position(place);
}

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
  int requests = 0;
  bool due = false;
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
      const bool over = !scripted_position(at).place.snapshot;
      if (over && std::exchange(due, false)) reader.expect_read(at);
      if (!reader.complaint().empty()) return reader.complaint();
      if (over && requests < 4 && random() % 8 == 0) {
        const ReadRequest request = any_request(random, ++requests);
        at = requested(log, at, request, broken);
        reader.expect_again(request, at);
        due = true;
        break;
      }
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
                                           Broken::overlap_forgotten, Broken::sight_ignored,
                                           Broken::renames_ignored, Broken::end_not_waited_for,
                                           Broken::request_leaves_out, Broken::filter_ignored));

}  // namespace
}  // namespace headwater::sources
