#include "testing/mongodb/replica_set.h"

#include <algorithm>

#include "testing/mongodb/command_lines.h"
#include "testing/mongodb/programs.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

constexpr std::size_t members = 3;

/// Whether the server's `hello` reply has this flag; false while it does not answer.
bool says(const MongoServer& server, const char* word) {
  MongoShell shell(server.direct_uri());
  const auto answer = shell.try_command("admin", json("{\"isMaster\": 1}"));
  return answer && mongodb::find_flag(answer->get(), word);
}

}  // namespace

MongoReplicaSet::MongoReplicaSet(MongoOptions options) {
  options.kind = MongoKind::real;
  options.member = true;
  std::string hosts;
  for (std::size_t i = 0; i < members; ++i) {
    members_.push_back(std::make_unique<MongoServer>(options));
    hosts += (i == 0 ? "" : ", ") + std::string("{\"_id\": ") + std::to_string(i) +
             ", \"host\": \"" + members_[i]->host() + "\"}";
  }
  // The default election timeout of ten seconds is too long for a test.
  MongoShell(members_[0]->direct_uri())
      .command("admin", R"({"replSetInitiate": {"_id": ")" + set_name(MongoKind::real) +
                            R"(", "settings": {"electionTimeoutMillis": 1500,)" +
                            R"("heartbeatIntervalMillis": 300}, "members": [)" + hosts + "]}}");
  wait_until_whole();
  for (const auto& each : members_) each->make_checkpoint();
}

std::string MongoReplicaSet::uri() const {
  std::string hosts;
  for (const auto& member : members_) hosts += (hosts.empty() ? "" : ",") + member->host();
  return "mongodb://" + hosts + "/?replicaSet=" + set_name(MongoKind::real);
}

std::size_t MongoReplicaSet::primary(std::size_t not_this) {
  std::size_t found = 0;
  const bool in_time = wait_until([&] {
    for (found = 0; found < members_.size(); ++found) {
      if (found != not_this && members_[found]->running() && says(*members_[found], "ismaster")) {
        return true;
      }
    }
    return false;
  });
  if (!in_time) give_up("no member of the replica set has become primary");
  return found;
}

void MongoReplicaSet::wait_until_whole() {
  const bool in_time = wait_until([this] {
    return std::ranges::all_of(members_, [](const auto& member) {
      return says(*member, "ismaster") || says(*member, "secondary");
    });
  });
  if (!in_time) give_up("the members of the replica set are not all ready");
  primary();
}

void MongoReplicaSet::elect_another() {
  const std::size_t old = primary();
  // It closes its connections, so there may be no reply.
  (void)MongoShell(members_[old]->direct_uri())
      .try_command("admin", json(R"({"replSetStepDown": 30, "secondaryCatchUpPeriodSecs": 10})"));
  primary(old);
}

}  // namespace headwater::rig
