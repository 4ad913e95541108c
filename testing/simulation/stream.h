// The simulated stream: compares and appends, loses requests and replies, keeps beginnings of
// appends, goes down, and goes back.
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

/// What came to pass.
struct Counts {
  std::uint64_t events = 0;
  std::uint64_t rows = 0;
  std::uint64_t gaps = 0;
  std::uint64_t cuts_among_rows = 0;
  std::uint64_t made_anew = 0;
};

class Stream {
 public:
  Stream(World& world, const Database& database, Broken broken)
      : world_(&world),
        database_(&database),
        broken_(broken),
        transactional_(world.chance.in_thousand(500)),
        ledger_(database) {}

  /// As `init` does for a source without a beginning: from now on.
  void prepare();

  Result<Durable> tail();
  /// Checks, whenever something gets in, that a reader knows exactly what the database says at the
  /// position saved with it, having heard of each change and row once.
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source);

  void go_down(Milliseconds span) { down_until_ = world_->now() + span; }
  /// The newest appends are gone, but for those that the source cannot give again.
  void go_back(std::uint64_t appends);
  /// Deleted, and made again.
  void make_anew();

  [[nodiscard]] const Tail& now() const { return tail_; }
  [[nodiscard]] SteadyTime last_moved() const { return last_moved_; }
  [[nodiscard]] std::uint64_t times_gone_back() const { return times_gone_back_; }
  /// The source may be told of no change behind this.
  [[nodiscard]] std::uint64_t furthest_durable() const { return furthest_durable_; }
  [[nodiscard]] bool knows(std::string_view id) const { return ledger_.knows(id); }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// What the tail says; nullopt: nothing.
  [[nodiscard]] std::optional<Place> place() const;

 private:
  [[nodiscard]] bool down() const { return world_->faulty && world_->now() < down_until_; }
  void take(std::span<const Event> events);
  void went_back_to(Tail tail, Ledger ledger);

  World* world_;
  const Database* database_;
  Broken broken_;
  bool transactional_;  ///< If not, an append that is cut short leaves its beginning.
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
  std::uint64_t times_gone_back_ = 0;
  std::uint64_t furthest_durable_ = 0;
  std::uint64_t furthest_needed_ = 0;  ///< The source may have forgotten what is before.
};

}  // namespace headwater::simulation
