// A MongoDB server process for tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "testing/mongodb/shell.h"
#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// SecantusDB is always a replica set of one. A real mongod is made one.
enum class MongoKind { secantus, real };

/// The kind of a server started here, from its address: their replica sets have different names.
[[nodiscard]] MongoKind kind_of(const std::string& uri);

struct MongoOptions {
  MongoKind kind = MongoKind::secantus;
  /// The length of the history, in changes for SecantusDB, which deletes older ones after each
  /// thousand; in MiB for a real mongod. 0: the server's default.
  std::uint64_t history = 0;
  /// Acknowledged writes survive kill(). If false, SecantusDB writes five times as fast.
  bool survives_kill = true;
  bool auth = false;  ///< Clients must log in. uri() logs in as root.
  bool tls = false;   ///< Clients must use TLS. uri() names the authority.
  std::vector<std::string> arguments{};
  std::string data{};   ///< Starts with this data, from a stopped server.
  bool member = false;  ///< It belongs to a MongoReplicaSet.

  bool operator==(const MongoOptions&) const = default;
};

/// Has its own port and folder. Killed on destruction, and by the system when the thread that
/// started it ends. One thread.
class MongoServer {
 public:
  /// Returns once it is ready for writes; a member of a set: for commands.
  explicit MongoServer(MongoOptions options = {});

  /// Starts it again with the same port and data. Returns once it is ready. It must be down.
  void start();
  /// Stops it cleanly. Returns once the process has ended.
  void stop();
  /// SIGKILL. Returns once the process has ended.
  void kill();
  /// SIGSTOP. It keeps its connections and does not answer.
  void pause();
  void resume();
  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// Changes MongoOptions::history from the next start on.
  void keep_history(std::uint64_t amount) { options_.history = amount; }

  /// "127.0.0.1:1234".
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string uri() const;
  /// For another user; an empty `user`: without a login.
  [[nodiscard]] std::string uri(const std::string& user, const std::string& password) const;
  /// Connects to this server only, whatever its role in the replica set.
  [[nodiscard]] std::string direct_uri() const;
  [[nodiscard]] const std::optional<Certificates>& certificates() const { return certificates_; }
  /// Writes everything to disk that must survive a kill. Before its first checkpoint, a mongod does
  /// not even recover its replica set configuration from the journal.
  void make_checkpoint() const;
  /// The content of its log.
  [[nodiscard]] std::string log() const { return contents(folder_ / "server.log"); }

  /// It must be down. The folder `to` must not exist.
  void copy_data(const std::string& to) const;
  /// Replaces its data. It must be down.
  void restore_data(const std::string& from);

 private:
  void start_process();
  void wait_until_ready();
  bool ready();
  void join_set(MongoShell& shell);
  void add_root();
  [[nodiscard]] std::string address(const std::string& credentials,
                                    const std::string& options) const;

  MongoOptions options_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  std::optional<Process> process_;
  bool locked_ = false;  // clients must log in
};

}  // namespace headwater::rig
