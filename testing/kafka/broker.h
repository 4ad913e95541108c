// A Kafka broker in KRaft mode, which is its own controller.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// Uses its own ports and folder. Killed on destruction, and by the system when the thread that
/// started it ends. One thread.
class KafkaBroker {
 public:
  /// Returns once the broker is ready. `data`: the folder for its logs; empty: its own. `settings`:
  /// more lines for server.properties, which override the others.
  explicit KafkaBroker(std::string data = {}, std::string settings = {});
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// Starts it again with the same ports and data. Returns once it is ready. It must be down.
  void start();
  /// SIGKILL. Returns once the process has ended.
  void kill();
  [[nodiscard]] bool running() { return process_->running(); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  void pause();
  void resume();
  /// Undoes pause(), kill() and the faults of the proxy.
  void reset();

  // Its addresses, such as "127.0.0.1:1234".
  [[nodiscard]] std::string direct() const { return at(direct_); }
  /// Through the proxy.
  [[nodiscard]] std::string through_proxy() const;
  /// Over TLS.
  [[nodiscard]] std::string tls() const { return at(tls_); }
  /// Over TLS, for clients that log in as `user`.
  [[nodiscard]] std::string login() const { return at(login_); }
  static constexpr const char* user = "relay";
  static constexpr const char* password = "seven seas";
  [[nodiscard]] const Certificates& certificates() const { return certificates_; }
  [[nodiscard]] TcpProxy& proxy() { return proxy_; }

  /// Copies the data while the broker is paused, like a backup of the disk.
  void keep_copy();
  /// Restores the copy and restarts. All topics lose what came after it.
  void go_back();

  /// Everything it has logged.
  [[nodiscard]] std::string log() const;

 private:
  static std::string at(const LocalPort& port) {
    return "127.0.0.1:" + std::to_string(port.number());
  }
  void write_settings() const;

  LocalPort direct_;
  LocalPort proxied_;
  LocalPort tls_;
  LocalPort login_;
  LocalPort controller_;
  TcpProxy proxy_;
  TemporaryFolder folder_;
  std::string data_;
  std::string settings_;
  Certificates certificates_;
  std::optional<Process> process_;
  bool paused_ = false;
};

/// The broker that all cases of a test program share. The first call starts it.
[[nodiscard]] KafkaBroker& shared_broker();
/// A name for a topic that no other case of this program uses.
[[nodiscard]] std::string fresh_topic();

}  // namespace headwater::rig
