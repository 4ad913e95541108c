// A writer of random transactions on the random tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "testing/postgresql/postgres_shell.h"
#include "testing/postgresql/workload/random_texts.h"
#include "testing/postgresql/workload/tables.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

/// Changes rows one by one and many at once, by INSERT, COPY, upserts, UPDATE, DELETE and TRUNCATE,
/// also their keys; changes the tables themselves; writes messages; and rolls back, to a savepoint
/// or the whole. Some transactions are prepared first. The tally has what was committed, by kind
/// ("copy", "truncate"), and the transactions that failed ("failed"), as on a table that another one
/// has just changed.
class RandomWriter final : public Writer {
 public:
  RandomWriter(const std::string& address, std::uint64_t seed);

  Result<void> transaction(Tally& tally) override;
  bool reconnect() override { return shell_.reconnect(); }

 private:
  Result<void> begin_and_end();
  Result<void> end();
  Result<void> settle();
  Result<void> step();
  Result<void> savepoint(int depth);
  Result<void> insert(const RandomTable& table);
  Result<void> copy(const RandomTable& table);
  Result<void> update(const RandomTable& table);
  Result<void> change_key(const RandomTable& table);
  Result<void> truncate();
  Result<void> message();
  Result<void> define(const RandomTable& table);
  [[nodiscard]] Result<std::string> definition(const RandomTable& table);

  Result<void> run(const char* kind, const std::string& statement);
  /// Texts of the values of some new rows; the column `part` first, if there is one.
  Result<std::vector<std::string>> rows(const RandomTable& table, std::uint64_t count,
                                        std::string& columns, bool for_copy);
  Result<std::uint64_t> partitions();
  [[nodiscard]] std::string value(const RandomColumn& column, bool for_copy);
  /// A condition that some rows meet.
  [[nodiscard]] std::string some_rows();
  [[nodiscard]] std::uint64_t any(std::uint64_t below) { return rig::any(random_, below); }
  [[nodiscard]] bool one_in(std::uint64_t times) { return rig::one_in(random_, times); }

  PostgresShell shell_;
  Random random_;
  std::string name_;
  Tally done_;
  std::string prepared_;  // the name of a transaction that is prepared, or was
  int count_ = 0;
};

}  // namespace headwater::rig
