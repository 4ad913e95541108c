#include "testing/rethinkdb/stand_in/testing.h"

#include <algorithm>
#include <map>
#include <memory>

#include "testing/rethinkdb/admin_terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

int tests_begun = 0;

/// A name of a database for each test, also if it is repeated.
std::string own_database() {
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "_" + test->name();
  std::ranges::replace(name, '/', '_');
  return name + "_" + std::to_string(tests_begun);
}

}  // namespace

rig::RethinkServer& shared_server(Kind kind) {
  static std::map<Kind, std::unique_ptr<rig::RethinkServer>> servers;
  auto& server = servers[kind];
  if (!server) {
    server = std::make_unique<rig::RethinkServer>(
        rig::RethinkOptions{.stand_in = kind == Kind::stand_in});
  }
  return *server;
}

void OnServer::SetUp() {
  ++tests_begun;
  if (GetParam() == Kind::real && !rig::real_rethinkdb()) GTEST_SKIP() << rig::no_real_rethinkdb;
}

Term OnServer::named_table(const std::string& name, const Options& options) {
  return table(own_database(), name, options);
}

Term OnServer::new_table(const std::string& name, const Options& options) {
  const std::string db = own_database();
  const Term databases = call(TermType::db_list, {});
  if (server().run(databases).dump().find("\"" + db + "\"") == std::string::npos) {
    server().run(call(admin::db_create, {db}));
  }
  server().run(call(TermType::db, {db}).then(TermType::table_create, {name}, options));
  return named_table(name);
}

std::string OnServer::error(const Term& term, ErrorType type, const Options& options) {
  const auto result = server().try_run(term, options);
  if (result) {
    ADD_FAILURE() << term.json() << " gives " << result->dump();
    return "";
  }
  EXPECT_EQ(result.error().type, type) << result.error().error.message;
  return result.error().error.message;
}

std::string counts(const Json& answer) {
  std::string text;
  for (const Json::Member& each : answer.members()) {
    const auto number = each.value.integer();
    if (number.value_or(0) == 0) continue;
    if (!text.empty()) text += ' ';
    text += each.name + ' ' + std::to_string(*number);
  }
  return text;
}

}  // namespace headwater::rethinkdb::stand_in
