// A RethinkDB server process for tests: a real one where there is one, else the stand-in.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "src/rethinkdb/connection.h"
#include "src/rethinkdb/query.h"
#include "src/rethinkdb/term.h"
#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// HEADWATER_RETHINKDB, or `rethinkdb` in the PATH; nullopt if there is neither.
[[nodiscard]] std::optional<std::string> real_rethinkdb();

/// The reason of a skipped test.
constexpr const char* no_real_rethinkdb =
    "needs a real RethinkDB: put `rethinkdb` into the PATH, or its path into HEADWATER_RETHINKDB";
constexpr const char* no_stand_in = "needs the stand-in: a real server cannot do this";

struct RethinkOptions {
  bool stand_in = false;  ///< Even if there is a real one.
  bool tls = false;       ///< Clients must use TLS.
  std::string data{};     ///< Starts with a copy of this folder, from a stopped server.
  /// More of a real server's, such as "--join".
  std::vector<std::string> arguments{};
};

/// Has its own ports and folder. `admin` has no password. Killed on destruction, and by the system
/// when the thread that started it ends. One thread.
class RethinkServer {
 public:
  /// Returns once it answers.
  explicit RethinkServer(RethinkOptions options = {});

  /// Starts it again with the same port and data. Returns once it answers. It must be down.
  void start();
  /// SIGTERM. Returns once the process has ended.
  void stop();
  /// SIGKILL. Returns once the process has ended.
  void kill();
  /// SIGSTOP. It keeps its connections and does not answer.
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  /// Blocks until it has ended by itself.
  void wait_until_gone();
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  [[nodiscard]] bool is_real() const { return real_.has_value(); }
  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// Only a real one listens there, for other servers.
  [[nodiscard]] std::uint16_t cluster_port() const { return cluster_port_.number(); }
  /// "127.0.0.1:1234".
  [[nodiscard]] std::string host() const;
  [[nodiscard]] const std::optional<Certificates>& certificates() const { return certificates_; }

  /// For Connection::open(), as `admin` or somebody else.
  [[nodiscard]] rethinkdb::ConnectionOptions options(const std::string& user = "admin",
                                                     const std::string& password = "") const;
  /// The folder with its data.
  [[nodiscard]] std::string data() const { return folder_ / "data"; }
  /// Replaces its data. It must be down.
  void restore_data(const std::string& from) const;

  /// Adds a user, who may do that everywhere: {"read", "write"}.
  void add_user(const std::string& user, const std::string& password,
                const std::vector<std::string>& rights);

  /// The result of a query that `admin` sends on a connection that stays open: an array if there
  /// may be several. Not for a feed. Ends the test program if it fails.
  Json run(const rethinkdb::Term& term, const rethinkdb::Options& query_options = {});
  /// The same; the error as it came.
  rethinkdb::Answered<Json> try_run(const rethinkdb::Term& term,
                                    const rethinkdb::Options& query_options = {});

  // Faults. False: this server cannot do that.
  /// Sets its clock so many milliseconds ahead of the machine's; 0: back. A real server needs
  /// the library of testing/soak for that.
  [[nodiscard]] bool set_clock(std::int64_t ahead_ms) const;
  /// As if no replica but one that may be outdated could be reached.
  [[nodiscard]] bool set_unavailable(bool unavailable) const;
  /// As if the majority of the replicas could not be reached.
  [[nodiscard]] bool set_no_majority(bool missing) const;
  /// A soft write survives a kill only if a hard write of its table, sync() or a majority read came
  /// after it; else also if a second has passed.
  [[nodiscard]] bool hold_soft_writes(bool hold) const;
  /// Ends it at once after so many more queries have written, before the last is answered.
  [[nodiscard]] bool crash_after(unsigned writing_queries) const;

 private:
  [[nodiscard]] std::vector<std::string> command_line() const;
  [[nodiscard]] std::vector<std::string> real_command_line() const;
  [[nodiscard]] bool has_clock() const;
  bool set_fault(const std::string& name, const std::string& text) const;
  void launch();
  [[nodiscard]] bool found_its_folder_in_use() const;
  bool connect();

  RethinkOptions options_;
  std::optional<std::string> real_;  // its program
  LocalPort port_;
  LocalPort cluster_port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  std::optional<Process> process_;
  std::unique_ptr<rethinkdb::Connection> connection_;
};

}  // namespace headwater::rig
