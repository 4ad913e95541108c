// A PostgreSQL server for tests and measurements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// The folder of initdb, postgres and psql: HEADWATER_POSTGRES, the machine's own, or where
/// `./dev servers` unpacks them. If there is none, prints how to install it and ends the program.
[[nodiscard]] std::filesystem::path postgres_programs();

/// Has its own port and folder, and does not sync to the disk. Stopped on destruction. Ends the
/// test program if it does not start. One thread.
class PostgresServer {
 public:
  static constexpr const char* user = "postgres";
  static constexpr const char* database = "postgres";

  /// Returns once it is ready. `settings`: more of its configuration, such as "wal_level=logical".
  explicit PostgresServer(std::vector<std::string> settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The same, with a copy of the data of a server that is stopped.
  PostgresServer(const std::filesystem::path& data, std::vector<std::string> settings);

  /// A copy of this server that follows it. Returns once it has everything that this one has now.
  [[nodiscard]] std::unique_ptr<PostgresServer> make_standby() const;
  /// Blocks until the standby has everything that `primary` has now.
  void catch_up_with(const PostgresServer& primary) const;
  /// Makes a standby a primary. Returns once it accepts writes.
  void promote() const;

  /// Ends it, as an administrator does, or at once, as a crash does; its data stays.
  void stop();
  void kill();
  /// SIGKILL to each of its processes. It must be started again, because only then the system gets
  /// its shared memory back.
  void kill_processes();
  /// Starts it again on its port.
  void start();
  [[nodiscard]] bool is_running() const { return process_ != nullptr; }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
  /// Writes a file into its data, as its owner: "pg_hba.conf".
  void put(const std::string& file, const std::string& text) const;
  /// Takes notice of what ALTER SYSTEM and put() have changed. Returns once new sessions have it.
  void reload() const;
  /// Copies the data of a stopped server to a folder, which is replaced.
  void copy_data_to(const std::filesystem::path& folder) const;
  /// Restores such a copy, as from a backup: the server goes on with another timeline. It must be
  /// stopped.
  void restore_data_from(const std::filesystem::path& folder);

  /// Runs statements, each by itself. Blocks until they are done. Ends the test program at the
  /// first that fails.
  void execute(const std::string& statements, Milliseconds deadline = rig::patience) const;

  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  /// For libpq: "host=127.0.0.1 port=1234 user=postgres dbname=postgres".
  [[nodiscard]] std::string address(const std::string& of_database = database) const;
  /// "PostgreSQL 15.18".
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  struct Follower {};
  PostgresServer(Follower follower, const PostgresServer& primary);

  void own_folder() const;
  void make_data();
  [[nodiscard]] bool is_standby() const;
  [[nodiscard]] std::string answer(const std::string& question) const;
  void end(int signal);
  [[nodiscard]] Outcome psql(const std::vector<std::string>& arguments,
                             Milliseconds deadline) const;
  [[nodiscard]] Command command(const std::string& program,
                                const std::vector<std::string>& arguments) const;

  std::filesystem::path programs_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::vector<std::string> settings_;
  std::string version_;
  std::unique_ptr<Process> process_;
};

}  // namespace headwater::rig
