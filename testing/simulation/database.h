// The simulated database: rows, and the log of their changes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "testing/simulation/place.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

constexpr const char* database_identity = "simulated:1";

class Database {
 public:
  explicit Database(World& world);

  struct Change {
    std::uint64_t row = 0;       ///< 0: out of scope.
    std::uint64_t previous = 0;  ///< The change of the same row before this one; 0: none.
    bool there = false;          ///< Whether the row is there afterwards.
    std::size_t size = 0;
  };

  /// One transaction; some of its changes may be out of scope.
  void commit(std::uint64_t changes);
  /// Everything up to here is in the stream; what is older than the history kept is forgotten.
  void release(const Place& place);
  /// Some of the log is lost, released or not.
  void lose();

  /// The newest change.
  [[nodiscard]] std::uint64_t head() const { return log_.size(); }
  [[nodiscard]] std::uint64_t newest_in_scope() const { return newest_in_scope_; }
  /// The greatest key.
  [[nodiscard]] std::uint64_t rows() const { return changes_of_.size() - 1; }
  [[nodiscard]] const Change& change(std::uint64_t number) const { return log_[number - 1]; }
  /// The last change of a row up to `number`; 0: none.
  [[nodiscard]] std::uint64_t last_change(std::uint64_t row, std::uint64_t number) const;
  [[nodiscard]] bool there(std::uint64_t row, std::uint64_t number) const;
  /// How many bytes a change, or a row, may take.
  [[nodiscard]] std::size_t largest() const { return largest_; }

  /// Whoever goes on at `place` needs the changes behind this one.
  [[nodiscard]] std::uint64_t needed(const Place& place) const;
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] bool forgot(const Place& place) const { return needed(place) < forgotten_; }
  /// How many changes behind the released place are kept, in case the stream goes back.
  [[nodiscard]] std::uint64_t history() const { return history_; }
  /// The row is among those that have been read, or need not be.
  [[nodiscard]] bool has_read(const Place& place, std::uint64_t row) const;
  /// All that was committed up to `number`, and every row.
  [[nodiscard]] bool complete(const Place& place, std::uint64_t number) const {
    return place.change >= number && place.row >= rows();
  }

  /// Called after each commit.
  std::vector<std::function<void()>> on_commit;

 private:
  World* world_;
  std::uint64_t history_;
  std::vector<Change> log_;
  std::vector<std::vector<std::uint64_t>> changes_of_;  ///< By row.
  std::uint64_t newest_in_scope_ = 0;
  std::uint64_t forgotten_ = 0;
  std::size_t largest_ = 0;
};

}  // namespace headwater::simulation
