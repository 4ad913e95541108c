// The simulated stream: compares and appends. It loses requests and replies, cuts appends short,
// goes down, and loses its newest appends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/ports/stream.h"
#include "testing/simulation/database.h"
#include "testing/simulation/ledger.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

/// How often each thing happened.
struct Counts {
  std::uint64_t events = 0;
  std::uint64_t rows = 0;
  std::uint64_t gaps = 0;
  std::uint64_t cuts_among_rows = 0;
  std::uint64_t recreated = 0;
};

class Stream {
 public:
  Stream(World& world, const Database& database, Broken broken)
      : world_(&world),
        database_(&database),
        broken_(broken),
        transactional_(world.chance.in_thousand(500)),
        ledger_(database) {}

  /// Saves the present as the beginning, as `init` does if the source does not remember one.
  void prepare();

  Result<Durable> tail();
  /// After each accepted append, checks that a reader of the events has exactly the database's
  /// state at the saved position, and got each change and row once.
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source);

  void go_down(Milliseconds span) { down_until_ = world_->now() + span; }
  /// Loses the newest appends, but none that the source cannot return again.
  void go_back(std::uint64_t appends);
  /// Deletes the stream and creates it again.
  void recreate();

  [[nodiscard]] const Tail& now() const { return tail_; }
  [[nodiscard]] SteadyTime last_moved() const { return last_moved_; }
  [[nodiscard]] std::uint64_t restores() const { return restores_; }
  /// Releasing a change after this one is an error.
  [[nodiscard]] std::uint64_t furthest_durable() const { return furthest_durable_; }
  [[nodiscard]] bool has(std::string_view id) const { return ledger_.has(id); }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// The place in the tail; nullopt if it has none.
  [[nodiscard]] std::optional<Place> place() const;

 private:
  [[nodiscard]] bool down() const { return world_->faulty && world_->now() < down_until_; }
  void take(std::span<const Event> events);
  void return_to(Tail tail, Ledger ledger);

  World* world_;
  const Database* database_;
  Broken broken_;
  bool transactional_;  ///< If false, an append that is cut short leaves its first events.
  struct Earlier {
    Tail tail;
    Ledger ledger;
  };
  Tail tail_;
  Ledger ledger_;
  std::vector<Earlier> earlier_;
  Counts counts_;
  SteadyTime down_until_{};
  SteadyTime last_moved_{};
  std::uint64_t restores_ = 0;
  std::uint64_t furthest_durable_ = 0;
  std::uint64_t furthest_needed_ = 0;  ///< The source may have forgotten older changes.
};

}  // namespace headwater::simulation
