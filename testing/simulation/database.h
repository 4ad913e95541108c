// The simulated database: rows, and a log of their changes.
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
    std::uint64_t previous = 0;  ///< The previous change of the same row; 0: none.
    bool exists = false;         ///< Whether the row exists after the change.
    std::size_t size = 0;
  };

  /// Commits a transaction. Some of its changes may be out of scope.
  void commit(std::uint64_t changes);
  /// Tells the database that the stream has everything up to `place`. It forgets changes older than
  /// the history that it keeps.
  void release(const Place& place);
  /// Loses a part of the log, even if it was not released.
  void lose();

  /// The number of the newest change.
  [[nodiscard]] std::uint64_t head() const { return log_.size(); }
  [[nodiscard]] std::uint64_t newest_in_scope() const { return newest_in_scope_; }
  /// The largest key.
  [[nodiscard]] std::uint64_t rows() const { return changes_of_.size() - 1; }
  [[nodiscard]] const Change& change(std::uint64_t number) const { return log_[number - 1]; }
  /// The last change of a row up to change `number`; 0: none.
  [[nodiscard]] std::uint64_t last_change(std::uint64_t row, std::uint64_t number) const;
  [[nodiscard]] bool exists(std::uint64_t row, std::uint64_t number) const;
  /// Bytes of the largest change so far.
  [[nodiscard]] std::size_t largest() const { return largest_; }

  /// Resuming at `place` needs the changes after this one.
  [[nodiscard]] std::uint64_t needed(const Place& place) const;
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] bool forgot(const Place& place) const { return needed(place) < forgotten_; }
  /// How many changes before the released place are kept, in case the stream is restored.
  [[nodiscard]] std::uint64_t history() const { return history_; }
  /// Whether the row was read before `place`, or need not be read any more.
  [[nodiscard]] bool is_covered(const Place& place, std::uint64_t row) const;
  /// Whether all changes up to `number`, and all rows, come before `place`.
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
