// One nats-server with JetStream, on a port and a folder of its own.
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
  bool tls = false;     ///< Only over TLS.
  bool verify = false;  ///< Only to who shows a certificate of its own.
  /// Where its files go; empty: a folder of its own.
  std::string data{};
  std::string program{};  ///< Empty: the nats-server that is used for most tests.
  std::string name{};     ///< In its cluster.
  /// More of its configuration, line by line.
  std::vector<std::string> lines{};
  /// For the test's own questions, where not everybody may ask: "user:password@".
  std::string login{};
};

/// What stands at one place of a stream.
struct NatsMessage {
  std::uint64_t sequence = 0;
  std::string subject{};
  std::string id{};    ///< ce-id
  std::string type{};  ///< ce-type
};

/// A nats-server that stores messages together, where `./dev servers` has built one; else empty.
[[nodiscard]] std::string newer_nats_server();

/// HEADWATER_NATS_SERVER, else the one in NatsOptions, else the nats-server in the PATH or where ./dev unpacks it. Killed on
/// destruction, and by the system when the thread that started it ends. One thread.
class NatsServer {
 public:
  /// Started, and ready.
  explicit NatsServer(NatsOptions options = {});
  ~NatsServer();

  /// On the same port and data; returns when it is ready again.
  void start();
  /// Goes on with other lines of configuration; returns when they count.
  void reload(std::vector<std::string> lines);
  /// SIGKILL; returns when it is gone.
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

  /// All messages under a subject, in order.
  [[nodiscard]] std::vector<NatsMessage> messages(const std::string& stream,
                                                  const std::string& subject) const;
  /// Sequence of the last message under a subject; 0 for none, or if the server is not there.
  [[nodiscard]] std::uint64_t last(const std::string& stream, const std::string& subject) const;
  /// The server that leads the stream; empty while there is none, and if there is no cluster.
  [[nodiscard]] std::string leader(const std::string& stream) const;
  /// Whether, as this server has it, another one named so has all of the stream.
  [[nodiscard]] bool is_current(const std::string& stream, const std::string& replica) const;
  /// One message's headers, as they stand there.
  [[nodiscard]] std::map<std::string, std::string> headers(const std::string& stream,
                                                           std::uint64_t sequence) const;
  /// Makes a stream, as a person does who knows nothing of Headwater.
  void create(const std::function<void(jsStreamConfig&)>& set) const;
  /// Changes settings of a stream.
  void edit(const std::string& stream, const std::function<void(jsStreamConfig&)>& change) const;
  /// Publishes as anybody can.
  void publish(const std::string& subject, const std::string& data) const;
  void delete_message(const std::string& stream, std::uint64_t sequence) const;
  void purge(const std::string& stream) const;
  /// The stream itself.
  void remove(const std::string& stream) const;
  /// Whether the stream takes messages.
  void set_writable(const std::string& stream, bool writable) const;

  /// Keeps a copy of all that it has now; restarts it for that.
  void keep_copy();
  /// Starts anew with that copy.
  void go_back();

 private:
  void write_configuration() const;
  /// Waits until the server can be asked; false if it is not there.
  [[nodiscard]] bool ask() const;
  [[nodiscard]] bool try_to_ask() const;
  void hang_up() const;

  NatsOptions options_;
  LocalPort port_;
  TemporaryFolder folder_;
  std::optional<Certificates> certificates_;
  mutable std::optional<Process> process_;  // which reaps when it is asked
  mutable __natsConnection* connection_ = nullptr;
  mutable __jsCtx* jetstream_ = nullptr;
};

}  // namespace headwater::rig
