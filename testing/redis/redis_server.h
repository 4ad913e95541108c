// One redis-server on a port and a folder of its own.
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
  bool tls = false;  ///< Only over TLS.
  std::string appendfsync = "everysec";
  /// Where its files go; empty: a folder of its own.
  std::string data{};
  /// More of its configuration, line by line: "maxmemory 10mb".
  std::vector<std::string> lines{};
};

/// What a server answered; owns it.
struct FreeRedisAnswer {
  void operator()(redisReply* answer) const;
};
using RedisAnswer = std::unique_ptr<redisReply, FreeRedisAnswer>;

/// With an append-only file. Killed on destruction, and by the system when the thread that started
/// it ends. One thread.
class RedisServer {
 public:
  /// Started, and ready.
  explicit RedisServer(RedisOptions options = {});

  /// On the same port and data; returns when it is ready again.
  void start();
  /// SIGKILL; returns when it is gone.
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

  /// Sends one command, on a connection that is kept; ends the test program if there is no answer.
  RedisAnswer command(const std::vector<std::string>& words) const;
  /// The same; null if the server is not there.
  RedisAnswer try_command(const std::vector<std::string>& words) const;
  /// The answer's text: of an error too.
  std::string text(const std::vector<std::string>& words) const;
  void set(const std::string& name, const std::string& value) const;
  /// One line of INFO.
  [[nodiscard]] std::string info(const std::string& name) const;

  /// Keeps a copy of all that it has now, beside its data.
  void keep_copy() const;
  /// Starts anew with that copy.
  void go_back();

 private:
  struct Hang {
    void operator()(redisContext* context) const;
  };
  void start_process(bool append_only);
  void wait_until_ready();

  RedisOptions options_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  std::optional<Process> process_;
  mutable std::unique_ptr<redisContext, Hang> context_;
};

}  // namespace headwater::rig
