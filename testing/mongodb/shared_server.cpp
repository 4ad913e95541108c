#include "testing/mongodb/shared_server.h"

#include <algorithm>
#include <list>
#include <memory>

namespace headwater::rig {
namespace {

/// To find the start of a change stream, SecantusDB searches its whole history.
constexpr std::int64_t long_history = 1'000;

struct SharedServer {
  MongoOptions options;
  std::unique_ptr<MongoServer> server;
};

bool is_usable(MongoServer& server, MongoKind kind) {
  if (!server.running()) return false;
  // A case that paused it may have failed before it resumed it.
  server.resume();
  if (kind == MongoKind::real) return true;
  const auto reply = MongoShell(server.uri()).command("local", R"({"count": "oplog.rs"})");
  return mongodb::find_number(reply.get(), "n").value_or(0) < long_history;
}

void empty(const MongoServer& server) {
  MongoShell shell(server.uri());
  const auto reply = shell.command("admin", R"({"listDatabases": 1, "nameOnly": true})");
  for (int i = 0;; ++i) {
    const std::string at = "databases." + std::to_string(i) + ".name";
    const auto name = mongodb::find_text(reply.get(), at.c_str());
    if (!name) return;
    if (name == "admin" || name == "config" || name == "local") continue;
    shell.command(std::string(*name), R"({"dropDatabase": 1})");
  }
}

}  // namespace

MongoServer& shared_mongo_server(const MongoOptions& options) {
  static std::list<SharedServer> servers;
  auto found = std::ranges::find(servers, options, &SharedServer::options);
  if (found == servers.end()) found = servers.insert(found, {.options = options, .server = {}});
  auto& server = found->server;
  if (server && !is_usable(*server, options.kind)) server.reset();
  if (server) {
    empty(*server);
  } else {
    server = std::make_unique<MongoServer>(options);
  }
  return *server;
}

}  // namespace headwater::rig
