#include "testing/mongodb/history.h"

#include <string>
#include <utility>
#include <vector>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

constexpr const char* noise = "noise.items";
constexpr std::uint64_t history_mib = 32;
constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::vector<Doc> padded(int count, std::size_t bytes) {
  std::vector<Doc> documents;
  for (int i = 0; i < count; ++i) {
    documents.push_back(std::move(Doc().add("padding", std::string(bytes, 'n'))));
  }
  return documents;
}

/// Whether the server has deleted everything above its limit.
bool has_cut(MongoShell& shell, ClusterTime newest) {
  const auto stats = shell.command("local", R"({"collStats": "oplog.rs"})");
  const auto size = mongodb::find_number(stats.get(), "size");
  constexpr std::int64_t most = history_mib * mebibyte * 12 / 10;
  return oldest_change(shell) > newest && size && *size < most;
}

}  // namespace

ClusterTime oldest_change(MongoShell& shell) {
  const auto reply =
      shell.command("local", R"({"find": "oplog.rs", "limit": 1, "sort": {"$natural": 1}})");
  return mongodb::find_time(reply.get(), "cursor.firstBatch.0.ts").value_or(ClusterTime{});
}

MongoOptions forgetful(MongoKind kind) {
  MongoOptions options{.kind = kind};
  if (kind == MongoKind::secantus) return options;
  options.history = history_mib;
  // It deletes a tenth of its history at a time, up to the last checkpoint: so one each second.
  options.arguments = {"--syncdelay", "1"};
  return options;
}

void cut_history(MongoServer& server, MongoKind kind) {
  if (kind == MongoKind::secantus) {
    // It deletes history after each thousand changes since its start.
    constexpr int changes = 1'000;
    server.stop();
    server.keep_history(changes + 1);
    server.start();
    MongoShell(server.uri()).insert(noise, padded(changes, 1));
    return;
  }
  MongoShell shell(server.uri());
  const ClusterTime newest = shell.time();
  const auto tenth = padded(4, mebibyte);
  for (std::uint64_t mib = 0; mib < history_mib; mib += 4) shell.insert(noise, tenth);
  // It checks only after it has written another tenth.
  for (int tries = 0; tries < 50; ++tries) {
    shell.insert(noise, tenth);
    if (wait_until([&] { return has_cut(shell, newest); }, Milliseconds(1'500))) return;
  }
  give_up("the server does not delete its history");
}

}  // namespace headwater::rig
