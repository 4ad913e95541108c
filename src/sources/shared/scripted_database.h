// A database made up for tests of the join: its whole history is known, and so is its state after
// every change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/number_in.h"
#include "src/base/random.h"
#include "src/event/change.h"

namespace headwater::sources {

using Rows = std::map<std::int64_t, std::int64_t>;
using State = std::map<std::string, Rows>;  // by table

struct ScriptedChange {
  Op op = Op::insert;
  std::string table{};
  std::int64_t key = 0;
  std::int64_t value = 0;
  std::string renamed_to{};
  std::uint64_t commit = 0;
  bool last = false;
};

/// What a read did not show, as text: "3 5 ".
inline std::string sight_of(const std::set<std::uint64_t>& hidden) {
  std::string text;
  for (const std::uint64_t commit : hidden) text += std::to_string(commit) + " ";
  return text;
}
inline std::set<std::uint64_t> hidden_in(std::string_view sight) {
  std::set<std::uint64_t> hidden;
  while (const auto commit = take_number(sight)) {
    hidden.insert(*commit);
    sight.remove_prefix(1);
  }
  return hidden;
}

inline bool cannot_be_compared(std::int64_t key) { return key % 5 == 2; }

class ScriptedDatabase {
 public:
  ScriptedDatabase(std::uint64_t seed, int commits, bool renames)
      : random_(seed),
        left_(commits),
        renames_(renames),
        hides_(seed % 3 == 1),
        states_(1),
        ends_(1) {}

  /// Some writers commit, or not.
  void go_on() {
    while (left_ > 0 && random_() % 3 == 0) commit();
  }
  void commit() {
    --left_;
    const std::uint64_t count = random_() % 4 == 0 ? 1 + random_() % 4 : 1;
    for (std::uint64_t i = 0; i < count; ++i) {
      changes_.push_back(any_change());
      changes_.back().commit = ends_.size();
      states_.push_back(after(states_.back(), changes_.back()));
    }
    changes_.back().last = true;
    ends_.push_back(changes_.size());
  }

  [[nodiscard]] bool at_rest() const { return left_ <= 0; }
  [[nodiscard]] std::uint64_t commits() const { return ends_.size() - 1; }
  [[nodiscard]] const std::vector<ScriptedChange>& changes() const { return changes_; }
  /// After so many changes.
  [[nodiscard]] const State& state(std::size_t changes) const { return states_[changes]; }
  /// How many changes there are up to a commit.
  [[nodiscard]] std::size_t end_of(std::uint64_t commit) const {
    return ends_[std::min<std::size_t>(commit, ends_.size() - 1)];
  }
  Random& random() { return random_; }

  /// Some of the commits after `shown` and up to `point` that a read may not show yet: not in the
  /// order of the log. Who waits for a row, or for a table, commits after it is visible.
  std::set<std::uint64_t> hidden(std::uint64_t shown, std::uint64_t point) {
    std::set<std::uint64_t> hidden;
    if (!hides_) return hidden;
    for (std::size_t i = end_of(shown); i < end_of(point); ++i) {
      const std::uint64_t commit = changes_[i].commit;
      if (random_() % 4 == 0) hidden.insert(commit);
      for (std::size_t j = end_of(shown); j < end_of(commit); ++j) {
        if (!hidden.contains(changes_[j].commit)) continue;
        for (std::size_t k = end_of(commit - 1); k < end_of(commit); ++k) {
          if (meet(changes_[j], changes_[k])) hidden.insert(commit);
        }
      }
    }
    return hidden;
  }
  /// After the first changes and those that follow up to a commit, without the hidden ones.
  [[nodiscard]] State state_without(const std::set<std::uint64_t>& hidden, std::size_t first,
                                    std::uint64_t point) const {
    State state = states_[first];
    for (std::size_t i = first; i < end_of(point); ++i) {
      if (!hidden.contains(changes_[i].commit)) state = after(std::move(state), changes_[i]);
    }
    return state;
  }

  static State after(State state, const ScriptedChange& change) {
    switch (change.op) {
      case Op::remove:
        state[change.table].erase(change.key);
        break;
      case Op::truncate:
        state[change.table].clear();
        break;
      case Op::drop:
        state.erase(change.table);
        break;
      case Op::rename:
        state[change.renamed_to] = std::exchange(state[change.table], {});
        state.erase(change.table);
        break;
      default:
        state[change.table][change.key] = change.value;
    }
    return state;
  }

 private:
  static bool meet(const ScriptedChange& a, const ScriptedChange& b) {
    const auto of_a_row = [](Op op) {
      return op == Op::insert || op == Op::update || op == Op::remove;
    };
    // A log that shows these has no snapshots that are in another order.
    if (b.op == Op::drop || b.op == Op::rename) return true;
    if (of_a_row(a.op) && of_a_row(b.op)) return a.table == b.table && a.key == b.key;
    return a.table == b.table || a.table == b.renamed_to || a.renamed_to == b.table;
  }

  ScriptedChange any_change() {
    static constexpr const char* names[] = {"a", "b", "c", "d"};
    ScriptedChange change{.table = names[random_() % 4]};
    change.key = static_cast<std::int64_t>(random_() % 12);
    change.value = static_cast<std::int64_t>(random_() % 1'000'000);
    const State& now = states_.back();
    const auto table = now.find(change.table);
    const auto rare = random_() % 60;
    if (table != now.end() && rare == 0) change.op = Op::drop;
    if (table != now.end() && rare == 1) change.op = Op::truncate;
    change.renamed_to = names[random_() % 4];
    const bool another = change.renamed_to != change.table;
    if (table != now.end() && renames_ && rare > 56 && another) change.op = Op::rename;
    if (change.op != Op::insert || table == now.end()) return change;
    if (table->second.contains(change.key)) {
      change.op = random_() % 3 == 0 ? Op::remove : Op::update;
    }
    return change;
  }

  Random random_;
  int left_;
  bool renames_;
  bool hides_;
  std::vector<ScriptedChange> changes_;
  std::vector<State> states_;
  std::vector<std::size_t> ends_;
};

}  // namespace headwater::sources
