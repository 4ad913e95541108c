// cursor: an operator kills the relay's cursor. Only real servers list cursors.
#include <string>

#include "testing/disasters/under_load.h"
#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

void end_its_work(MongoShell& shell) {
  const auto now = shell.command("admin", R"({"aggregate": 1, "cursor": {}, "pipeline": [
      {"$currentOp": {"allUsers": true, "idleCursors": true}},
      {"$match": {"cursor.originatingCommand.pipeline.0.$changeStream": {"$exists": true}}}]})");
  for (int i = 0;; ++i) {
    const std::string at = "cursor.firstBatch." + std::to_string(i) + ".";
    const auto cursor = mongodb::find_number(now.get(), (at + "cursor.cursorId").c_str());
    if (!cursor) return;
    if (const auto op = mongodb::find_number(now.get(), (at + "opid").c_str())) {
      shell.command("admin", Doc().add("killOp", 1).add("op", *op));
    }
    Doc cursors;
    cursors.add("0", *cursor);
    Doc kill;
    kill.add("killCursors", "orders");
    bson_append_array(kill.out(), "cursors", -1, cursors.get());
    shell.command("shop", kill);
  }
}

class cursor : public ::testing::Test, public UnderLoad {};

TEST_F(cursor, Killed) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  MongoServer& server = shared_mongo_server({.kind = MongoKind::real, .survives_kill = false});
  ASSERT_NO_FATAL_FAILURE(begin(on(server)));
  ASSERT_NO_FATAL_FAILURE(start());
  MongoShell shell(server.uri());
  for (int i = 0; i < repeats(200, 20); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    end_its_work(shell);
  }
  expect_everything_published();
}

}  // namespace
}  // namespace headwater::rig
