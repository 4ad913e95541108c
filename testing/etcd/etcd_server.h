// An etcd for tests: one member, whose own cluster it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

struct EtcdOptions {
  bool tls = false;  ///< Clients must use TLS, and show a certificate.
  /// More of its arguments, such as "--auth-token-ttl=1".
  std::vector<std::string> arguments{};
};

/// Has its own ports and folder. Killed on destruction, and by the system when the thread that
/// started it ends. One thread.
class EtcdServer {
 public:
  /// Returns once it answers.
  explicit EtcdServer(EtcdOptions options = {});

  /// Starts it again with the same port and data. Returns once it answers.
  void start();
  /// The same with a new folder.
  void start_empty();
  /// SIGKILL. Returns once the process has ended.
  void kill() { process_->kill(); }
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }

  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// "127.0.0.1:1234".
  [[nodiscard]] std::string address() const;
  [[nodiscard]] const Certificates& certificates() const { return *certificates_; }

  /// Runs etcdctl with these words, as this user ("name:password") if there is one. Returns what it
  /// prints; ends the test program if it fails.
  std::string control(const std::vector<std::string>& words) const;
  void log_in_as(const std::string& user) { user_ = user; }
  /// Returns the id of a new lease, as etcdctl prints it.
  [[nodiscard]] std::string grant(int seconds) const;
  /// The value of a key; empty if there is none.
  [[nodiscard]] std::string value(const std::string& key) const;
  /// A number in the answer about a key, such as "mod_revision" or "lease"; empty if there is no
  /// such key.
  [[nodiscard]] std::string number(const std::string& key, const std::string& name) const;
  /// The seconds, rounded down, that the lease of this key still lives; -1: it has none.
  [[nodiscard]] int lease_left(const std::string& key) const;
  void revoke_lease(const std::string& key) const;

 private:
  /// As etcdctl wants it; empty: none.
  [[nodiscard]] std::string lease_of(const std::string& key) const;
  [[nodiscard]] std::string url(const LocalPort& port, const char* scheme) const;

  EtcdOptions options_;
  LocalPort port_;
  LocalPort peer_port_;
  TemporaryFolder folder_;
  int life_ = 0;  // of its data
  std::optional<Certificates> certificates_;
  std::optional<Process> process_;
  std::string user_;
};

}  // namespace headwater::rig
