// A PostgreSQL server for the length of a measurement: the source of the relays that need one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::bench {

/// Without a sync to the disk, so that a backlog is soon made. It writes its log ahead as logical
/// replication needs it. Stopped on destruction. One thread.
class Postgres {
 public:
  static constexpr const char* user = "postgres";
  static constexpr const char* database = "postgres";

  /// Started, and ready. `programs`: the folder of initdb, postgres and psql.
  static Result<std::unique_ptr<Postgres>> start(const std::filesystem::path& programs);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  /// Runs statements, each by itself. Blocks until they are done; fails at the first that is not.
  Result<void> execute(const std::string& statements, Milliseconds deadline) const;

  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// "PostgreSQL 15.18".
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  explicit Postgres(std::filesystem::path programs);
  Result<void> make_data();
  Result<void> start_server();
  Result<std::string> psql(const std::vector<std::string>& arguments, Milliseconds deadline) const;
  [[nodiscard]] rig::Command command(const std::string& program,
                                     const std::vector<std::string>& arguments) const;

  std::filesystem::path programs_;
  rig::LocalPort port_;
  rig::TemporaryFolder folder_;
  std::string version_;
  std::unique_ptr<rig::Process> process_;
};

}  // namespace headwater::bench
