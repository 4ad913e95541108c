// A nats-server with JetStream for tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "testing/rig/certificates.h"
#include "testing/rig/port.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

// cnats'.
struct __natsConnection;  // NOLINT(bugprone-reserved-identifier): the library's name
struct __jsCtx;           // NOLINT(bugprone-reserved-identifier): the library's name
struct jsStreamConfig;

namespace headwater::rig {

struct NatsOptions {
  bool tls = false;     ///< Clients must use TLS.
  bool verify = false;  ///< Clients must have a certificate.
  /// The folder for its files; empty: its own.
  std::string data{};
  std::string program{};  ///< Empty: the nats-server of most tests.
  std::string name{};     ///< Its name in a cluster.
  /// More lines of its configuration.
  std::vector<std::string> lines{};
  /// The credentials of this class itself, if the server requires a login: "user:password@".
  std::string login{};
};

/// One message of a stream.
struct NatsMessage {
  std::uint64_t sequence = 0;
  std::string subject{};
  std::string id{};    ///< ce-id
  std::string type{};  ///< ce-type
};

/// The path of a nats-server with atomic batches, if `./dev servers` has built one; else empty.
[[nodiscard]] std::string newer_nats_server();

/// The program is HEADWATER_NATS_SERVER, or that of NatsOptions, or the one in the PATH or where
/// ./dev unpacks it. Has its own port and folder. Killed on destruction, and by the system when the
/// thread that started it ends. One thread.
class NatsServer {
 public:
  /// Returns once it is ready.
  explicit NatsServer(NatsOptions options = {});
  ~NatsServer();

  /// Starts it again with the same port and data. Returns once it is ready.
  void start();
  /// Reloads its configuration with other lines. Returns once they are in effect.
  void reload(std::vector<std::string> lines);
  /// SIGKILL. Returns once the process has ended.
  void kill();
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }
  [[nodiscard]] bool running() const { return process_ && process_->running(); }

  [[nodiscard]] std::uint16_t port() const { return port_.number(); }
  /// "nats://127.0.0.1:1234".
  [[nodiscard]] std::string url() const;
  [[nodiscard]] const Certificates& certificates() const { return *certificates_; }
  [[nodiscard]] std::string data() const;
  [[nodiscard]] std::string log() const { return contents(folder_ / "server.log"); }

  /// All messages of a subject, in order.
  [[nodiscard]] std::vector<NatsMessage> messages(const std::string& stream,
                                                  const std::string& subject) const;
  /// The sequence of the last message of a subject; 0 if there is none, or the server is down.
  [[nodiscard]] std::uint64_t last(const std::string& stream, const std::string& subject) const;
  /// The name of the server that leads the stream; empty if there is no leader or no cluster.
  [[nodiscard]] std::string leader(const std::string& stream) const;
  /// Whether, according to this server, the replica with this name has the whole stream.
  [[nodiscard]] bool is_current(const std::string& stream, const std::string& replica) const;
  /// The headers of one message.
  [[nodiscard]] std::map<std::string, std::string> headers(const std::string& stream,
                                                           std::uint64_t sequence) const;
  /// Creates a stream without Headwater's help.
  void create(const std::function<void(jsStreamConfig&)>& set) const;
  /// Changes the settings of a stream.
  void edit(const std::string& stream, const std::function<void(jsStreamConfig&)>& change) const;
  /// Publishes a message without headers.
  void publish(const std::string& subject, const std::string& data) const;
  void delete_message(const std::string& stream, std::uint64_t sequence) const;
  void purge(const std::string& stream) const;
  /// Deletes the stream.
  void remove(const std::string& stream) const;
  /// Sets whether the stream accepts messages.
  void set_writable(const std::string& stream, bool writable) const;

  /// Copies its data. Restarts the server for that.
  void keep_copy();
  /// Restores the copy and restarts.
  void go_back();

 private:
  void write_configuration() const;
  /// Waits until the server answers. Returns false if it is down.
  [[nodiscard]] bool connect() const;
  [[nodiscard]] bool try_to_connect() const;
  void disconnect() const;

  NatsOptions options_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  mutable std::optional<Process> process_;  // running() reaps it
  mutable __natsConnection* connection_ = nullptr;
  mutable __jsCtx* jetstream_ = nullptr;
};

}  // namespace headwater::rig
