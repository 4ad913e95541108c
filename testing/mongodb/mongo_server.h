// One server process on a port and a folder of its own.
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

/// SecantusDB is a replica set of one by itself; a real mongod is made one.
enum class MongoKind { secantus, real };

/// Of a server begun here, by its address: the kinds' sets have different names.
[[nodiscard]] MongoKind kind_of(const std::string& uri);

struct MongoOptions {
  MongoKind kind = MongoKind::secantus;
  /// How much of the past it keeps: SecantusDB's unit is changes, and it forgets each time it has
  /// made a thousand; a real mongod's is MiB. 0: its own choice.
  std::uint64_t history = 0;
  /// What was acknowledged survives kill(). Without, SecantusDB writes five times as fast.
  bool survives_kill = true;
  bool auth = false;  ///< Only who logs in may do anything; uri() logs in as one who may do all.
  bool tls = false;   ///< Only over TLS; uri() names the authority.
  std::vector<std::string> arguments{};
  std::string data{};   ///< Begins with this data, of a server that was stopped.
  bool member = false;  ///< Of a set that MongoReplicaSet makes.

  bool operator==(const MongoOptions&) const = default;
};

/// Killed on destruction, and by the system when the thread that started it ends. One thread.
class MongoServer {
 public:
  /// Started, and ready for writes (as a member of a set: for commands).
  explicit MongoServer(MongoOptions options = {});

  /// On the same port and data; returns when it is ready again. After the first start only for a
  /// server that is down.
  void start();
  /// Returns when it is gone.
  void stop();
  /// SIGKILL; returns when it is gone.
  void kill();
  /// SIGSTOP: it keeps its connections and says nothing.
  void pause();
  void resume();
  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// From the next start on.
  void keep_history(std::uint64_t amount) { options_.history = amount; }

  /// "127.0.0.1:1234".
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string uri() const;
  /// As another user; with none, without logging in.
  [[nodiscard]] std::string uri(const std::string& user, const std::string& password) const;
  /// Only this very server, whatever its set is doing.
  [[nodiscard]] std::string direct_uri() const;
  [[nodiscard]] const std::optional<Certificates>& certificates() const { return certificates_; }
  /// Has everything on disk that a kill must not take. Before a mongod's first checkpoint that is
  /// even the set it is in: its journal alone does not bring that back.
  void make_checkpoint() const;
  /// What it has written to its log.
  [[nodiscard]] std::string log() const { return contents(folder_ / "server.log"); }

  /// Only while it is down. The folder `to` must not be there yet.
  void copy_data(const std::string& to) const;
  /// Only while it is down: has this data, and no other, from the next start on.
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
  bool locked_ = false;  // asks who comes to log in
};

}  // namespace headwater::rig
