// A redis-server for tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

// hiredis's.
struct redisContext;
struct redisReply;

namespace headwater::rig {

struct RedisOptions {
  bool tls = false;  ///< Clients must use TLS.
  std::string appendfsync = "everysec";
  /// The folder for its files; empty: its own.
  std::string data{};
  /// More lines of its configuration, such as "maxmemory 10mb".
  std::vector<std::string> lines{};
};

/// A reply of the server.
struct FreeRedisAnswer {
  void operator()(redisReply* answer) const;
};
using RedisAnswer = std::unique_ptr<redisReply, FreeRedisAnswer>;

/// Uses an append-only file, and its own port and folder. Killed on destruction, and by the system
/// when the thread that started it ends. One thread.
class RedisServer {
 public:
  /// Returns once it is ready.
  explicit RedisServer(RedisOptions options = {});

  /// Starts it again with the same port and data. Returns once it is ready.
  void start();
  /// SIGKILL. Returns once the process has ended.
  void kill();
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// "127.0.0.1:1234".
  [[nodiscard]] std::string host() const;
  /// "redis://127.0.0.1:1234".
  [[nodiscard]] std::string url() const;
  [[nodiscard]] const Certificates& certificates() const { return *certificates_; }
  [[nodiscard]] std::string data() const;
  [[nodiscard]] std::string log() const { return contents(folder_ / "server.log"); }

  /// Sends a command on a connection that stays open. Ends the test program if there is no reply.
  RedisAnswer command(const std::vector<std::string>& words) const;
  /// The same; null if the server is down.
  RedisAnswer try_command(const std::vector<std::string>& words) const;
  /// The text of the reply, even of an error.
  std::string text(const std::vector<std::string>& words) const;
  void set(const std::string& name, const std::string& value) const;
  /// The value of one line of INFO.
  [[nodiscard]] std::string info(const std::string& name) const;

  /// Copies its data.
  void keep_copy() const;
  /// Restores the copy and restarts.
  void go_back();

 private:
  struct Disconnect {
    void operator()(redisContext* context) const;
  };
  void start_process(bool append_only);
  void wait_until_ready();

  RedisOptions options_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  std::optional<Process> process_;
  mutable std::unique_ptr<redisContext, Disconnect> context_;
};

}  // namespace headwater::rig
