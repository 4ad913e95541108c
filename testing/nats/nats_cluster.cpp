#include "testing/nats/nats_cluster.h"

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

NatsCluster::NatsCluster(const std::string& program) {
  std::string routes;
  for (const LocalPort& port : routes_) {
    routes += "\"nats://127.0.0.1:" + std::to_string(port.number()) + "\", ";
  }
  for (std::size_t number = 0; number < size; ++number) {
    servers_.at(number) = std::make_unique<NatsServer>(
        NatsOptions{.program = program,
                    .name = "server-" + std::to_string(number),
                    .lines = {"cluster: { name: test, listen: \"127.0.0.1:" +
                              std::to_string(routes_.at(number).number()) + "\", routes: [ " +
                              routes + "] }"}});
  }
  const bool led = wait_until([this] {
    for (const auto& server : servers_) {
      if (server->log().find("JetStream cluster new metadata leader") != std::string::npos) {
        return true;
      }
    }
    return false;
  });
  if (!led) give_up("the cluster has no leader:\n" + servers_[0]->log());
}

void NatsCluster::start(std::size_t number, const std::string& stream) {
  server(number).start();
  if (!wait_until([&] { return !server(number).leader(stream).empty(); })) {
    give_up("server " + std::to_string(number) + " did not join the cluster:\n" +
            server(number).log());
  }
}

std::vector<std::string> NatsCluster::urls() const {
  std::vector<std::string> urls;
  for (const auto& server : servers_) urls.push_back(server->url());
  return urls;
}

std::size_t NatsCluster::leader(const std::string& stream) const {
  std::size_t found = 0;
  const bool led = wait_until([&] {
    for (const auto& asked : servers_) {
      if (!asked->running()) continue;
      const std::string name = asked->leader(stream);
      for (found = 0; found < size; ++found) {
        if (name == "server-" + std::to_string(found)) return true;
      }
    }
    return false;
  });
  if (!led) give_up("stream " + stream + " has no leader");
  return found;
}

}  // namespace headwater::rig
