// A writer of random transactions on a shop in PostgreSQL, which counts its changes itself.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "testing/postgresql/postgres_shell.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

/// Makes the tables customers, orders and items.
[[nodiscard]] std::vector<const char*> postgres_shop();

/// Makes inserts, updates, deletes, changes of keys, upserts, savepoints and rollbacks.
class PostgresWriter final : public Writer {
 public:
  PostgresWriter(const std::string& address, std::uint64_t seed) : shell_(address), random_(seed) {}

  Result<void> transaction(Tally& tally) override;
  bool reconnect() override { return shell_.reconnect(); }

 private:
  Result<void> change_and_commit(Tally& tally);
  Result<void> one_change(Tally& tally);
  Result<void> savepoint(Tally& tally);
  Result<void> place_order(Tally& tally);
  Result<void> run(const std::string& statement);
  /// Runs it and adds the rows that it changed.
  Result<void> count(const std::string& statement, Tally& tally,
                     std::initializer_list<const char*> as);
  std::string any(std::uint64_t below) { return std::to_string(random_() % below); }
  std::string any_order() { return "(SELECT 1 + " + any(1'000'000) + " % max(id) FROM orders)"; }

  PostgresShell shell_;
  std::mt19937_64 random_;
};

}  // namespace headwater::rig
