// The simulated source: a database with a log of changes, and each relay's feed from it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/ports/source.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

constexpr const char* database_identity = "simulated:1";

/// Sequences count from 1; position "n" is behind the n-th change, also inside a transaction.
class Database {
 public:
  Database(World& world, std::uint64_t history) : world_(&world), history_(history) {}

  /// One transaction; some of its changes may be out of scope.
  void commit(std::uint64_t changes);
  /// Everything up to here is in the stream; what is older than the history kept is forgotten.
  void release(std::uint64_t sequence);

  [[nodiscard]] std::uint64_t head() const { return log_.size(); }
  /// How many changes behind the released position are kept, in case the stream goes back.
  [[nodiscard]] std::uint64_t history() const { return history_; }
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] std::size_t largest() const { return largest_; }
  /// Of all changes in scope that were ever committed, in order.
  [[nodiscard]] const std::vector<std::uint64_t>& in_scope() const { return in_scope_; }
  /// How many of those are among the first `sequence` changes.
  [[nodiscard]] std::uint64_t in_scope_up_to(std::uint64_t sequence) const {
    return sequence == 0 ? 0 : log_[sequence - 1].in_scope_so_far;
  }
  [[nodiscard]] bool is_in_scope(std::uint64_t sequence) const {
    return in_scope_up_to(sequence) != in_scope_up_to(sequence - 1);
  }
  [[nodiscard]] Change change(std::uint64_t sequence) const;

  /// Called after each commit.
  std::vector<std::function<void()>> on_commit;

 private:
  struct Entry {
    std::uint64_t in_scope_so_far;
    std::size_t size;
  };

  World* world_;
  std::uint64_t history_;
  std::vector<Entry> log_;
  std::vector<std::uint64_t> in_scope_;
  std::uint64_t forgotten_ = 0;
  std::size_t largest_ = 0;
};

[[nodiscard]] std::uint64_t sequence_of(const Position& position);
[[nodiscard]] Position position_at(std::uint64_t sequence);

/// One relay's connection.
class Feed {
 public:
  Feed(World& world, const Database& database, Broken broken)
      : world_(&world), database_(&database), broken_(broken) {}

  Result<void> open(const Position& after);
  /// Does not wait: gives what is there.
  Result<ChangeBatch> read(const ReadLimits& limits);
  /// A read would give something.
  [[nodiscard]] bool ready() const { return at_ < database_->head(); }

 private:
  World* world_;
  const Database* database_;
  Broken broken_;
  bool opened_before_ = false;
  std::uint64_t at_ = 0;
  std::uint64_t head_at_open_ = 0;
};

}  // namespace headwater::simulation
