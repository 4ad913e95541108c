// One Kafka broker (KRaft, its own controller) on ports and a folder of its own.
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

/// Killed on destruction, and by the system when the thread that started it ends. One thread.
class KafkaBroker {
 public:
  /// Started, and ready. `data`: where it keeps its logs; empty: in a folder of its own.
  /// `settings`: more lines of its server.properties, which win.
  explicit KafkaBroker(std::string data = {}, std::string settings = {});
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// On the same ports and data; returns when it is ready again. Only while it is down.
  void start();
  /// SIGKILL; returns when it is gone.
  void kill();
  [[nodiscard]] bool running() { return process_->running(); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  void pause();
  void resume();
  /// Whatever a test did to it or to the way there is mended.
  void mend();

  /// "127.0.0.1:1234", without any ado; through way(); over TLS; over TLS, with login().
  [[nodiscard]] std::string direct() const { return at(direct_); }
  [[nodiscard]] std::string through_way() const;
  [[nodiscard]] std::string tls() const { return at(tls_); }
  [[nodiscard]] std::string login() const { return at(login_); }
  static constexpr const char* user = "relay";
  static constexpr const char* password = "seven seas";
  [[nodiscard]] const Certificates& certificates() const { return certificates_; }
  [[nodiscard]] TcpProxy& way() { return way_; }

  /// As a backup of the disk would have it: it stands still meanwhile.
  void keep_copy();
  /// Has the data of the copy, as after a crash; other topics made since are gone.
  void go_back();

  /// What went wrong, in its own words.
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
  TcpProxy way_;
  TemporaryFolder folder_;
  std::string data_;
  std::string settings_;
  Certificates certificates_;
  std::optional<Process> process_;
  bool paused_ = false;
};

/// The one that all cases of a program share; started when it is first asked for.
[[nodiscard]] KafkaBroker& shared_broker();
/// A topic's name that no other case of this program has.
[[nodiscard]] std::string fresh_topic();

}  // namespace headwater::rig
