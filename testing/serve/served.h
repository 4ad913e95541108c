// `headwater serve` on a stream that the test appends to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/cli/configured.h"
#include "src/gateway/testing.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater {

constexpr const char* reader_token = "reader-0123456789abcdef";
constexpr const char* consumer_token = "consumer-0123456789abcdef";

[[nodiscard]] inline std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

/// A folder with a configuration, its stream, and the program. One thread.
class Served {
 public:
  /// `stream`: its value in the configuration; `serve`: more keys, each after a comma.
  explicit Served(std::string stream = "{ embedded: { path: events.db } }",
                  const std::string& serve = "");

  /// The stream's relay is `orders`. Call before append().
  void prepare();
  /// Events with this much data, numbered on.
  void append(std::uint64_t count, std::size_t data_bytes = 20);

  /// Starts the program. Returns once it listens.
  void start();
  [[nodiscard]] rig::Command command() const;
  [[nodiscard]] rig::Process& process() { return *process_; }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const rig::TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] StreamAdapter& stream();
  void configure(const std::string& serve, const std::string& listen = "127.0.0.1:0") const;

  [[nodiscard]] gateway::Heard get(const std::string& target,
                                   const std::string& headers = "") const {
    return gateway::request(port_, "GET " + target, headers);
  }

 private:
  rig::TemporaryFolder folder_;
  SystemClock clock_;
  std::string stream_;
  std::optional<cli::ConfiguredRelay> relay_;
  std::unique_ptr<StreamWriter> writer_;
  std::optional<rig::Process> process_;
  int port_ = 0;
};

constexpr const char* live_from_earliest = "/streams/orders/live?from=earliest";

[[nodiscard]] std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to);

}  // namespace headwater
