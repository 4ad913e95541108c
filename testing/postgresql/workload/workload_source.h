// PostgreSQL with the random tables and those of pgbench, as a source.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "testing/postgresql/postgres_source.h"
#include "testing/rig/process.h"

namespace headwater::rig {

/// Its writers are random, and some write to the shop.
class WorkloadSource final : public PostgresSource {
 public:
  WorkloadSource(const TemporaryFolder& folder, Harm harm);

  Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) override;
  /// Starts pgbench, which ends with the server. Nothing, if this PostgreSQL has none.
  [[nodiscard]] std::optional<Process> pgbench(std::uint64_t seed, bool fast);
  /// Ends all prepared transactions, and changes every row, so that the events have each as it is
  /// now: columns may have come since its last change. While nobody writes.
  void touch_every_row();
  /// Kills all processes of the server.
  void kill_processes() { postgres().kill_processes(); }
  [[nodiscard]] std::string where() const { return address(); }

 private:
  std::string script_;  // pgbench's
};

}  // namespace headwater::rig
