#include "src/inbox/mongodb/shared_database.h"

namespace headwater::testing {

using mongodb::Doc;
using rig::json;

InboxDatabase::InboxDatabase()
    // The consumers are killed, not the server.
    : uri_(rig::shared_mongo_server({.survives_kill = false}).uri()), shell_(uri_) {
  shell_.create("consumer.inbox_effects");
}

std::vector<std::string> InboxDatabase::ids() {
  std::vector<std::string> ids;
  for (const Doc& document :
       shell_.documents("consumer.inbox", json(R"({"claimedAt": {"$exists": true}})"))) {
    ids.emplace_back(mongodb::find_text(document.get(), "_id").value_or(""));
  }
  return ids;
}

std::int64_t InboxDatabase::period() {
  const auto indexes = shell_.command("consumer", R"({"listIndexes": "inbox"})");
  for (int i = 0; i < 5; ++i) {
    const std::string at = "cursor.firstBatch." + std::to_string(i);
    if (!mongodb::find_number(indexes.get(), (at + ".key.claimedAt").c_str())) continue;
    return mongodb::find_number(indexes.get(), (at + ".expireAfterSeconds").c_str()).value_or(-1);
  }
  return -1;
}

void InboxDatabase::age(std::chrono::seconds by) {
  using std::chrono::milliseconds;
  shell_.command("consumer", R"({"update": "inbox", "updates": [{
      "q": {"claimedAt": {"$exists": true}}, "multi": true,
      "u": [{"$set": {"claimedAt": {"$subtract": ["$claimedAt", {"$numberLong": ")" +
                                 std::to_string(milliseconds(by).count()) + R"("}]}}}]}]})");
  // The server runs on this machine, and so has the same time.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto end = now - std::chrono::seconds(period());
  shell_.command("consumer", R"({"delete": "inbox", "deletes": [{"limit": 0,
      "q": {"claimedAt": {"$lt": {"$date": {"$numberLong": ")" +
                                 std::to_string(std::chrono::floor<milliseconds>(end).count()) +
                                 R"("}}}}}]})");
}

}  // namespace headwater::testing
