// The simulated stream: compares and appends, loses requests and replies, keeps beginnings of
// appends, goes down, and goes back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/ports/stream.h"
#include "testing/simulation/database.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

class Stream {
 public:
  Stream(World& world, const Database& database, Broken broken)
      : world_(&world),
        database_(&database),
        broken_(broken),
        transactional_(world.chance.in_thousand(500)) {}

  Result<Durable> tail();
  /// Checks, whenever something gets in, that the events are the database's, in order, each once,
  /// and that the position is that of the last of them.
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source);

  void go_down(Milliseconds span) { down_until_ = world_->now() + span; }
  /// The newest appends are gone, but for those that the source cannot give again.
  void go_back(std::uint64_t appends);

  [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return ids_; }
  [[nodiscard]] const Tail& now() const { return tail_; }
  [[nodiscard]] SteadyTime last_moved() const { return last_moved_; }
  [[nodiscard]] std::uint64_t times_gone_back() const { return times_gone_back_; }
  /// The source may be told of nothing behind this.
  [[nodiscard]] std::uint64_t furthest_durable() const { return furthest_durable_; }

 private:
  [[nodiscard]] bool down() const { return world_->faulty && world_->now() < down_until_; }
  void check(std::size_t before) const;

  World* world_;
  const Database* database_;
  Broken broken_;
  bool transactional_;  ///< If not, an append that is cut short leaves its beginning.
  std::vector<std::uint64_t> ids_;
  Tail tail_;
  std::vector<Tail> earlier_;
  SteadyTime down_until_{};
  SteadyTime last_moved_{};
  std::uint64_t times_gone_back_ = 0;
  std::uint64_t furthest_durable_ = 0;
};

}  // namespace headwater::simulation
