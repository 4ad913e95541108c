// Logins and TLS: credentials that are wrong, revoked while a relay runs, or a certificate. The
// password never appears in any output.
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

constexpr int problem_found = 1;
constexpr const char* password = "forty two leagues";

Doc user(const std::string& name, const char* secret) {
  Doc user;
  user.add("createUser", name);
  if (secret != nullptr) user.add("pwd", secret);
  std::vector<Doc> roles;
  for (const auto& [role, database] : {std::pair{"read", "shop"}, std::pair{"read", "local"},
                                       std::pair{"clusterMonitor", "admin"}}) {
    roles.push_back(std::move(Doc().add("role", role).add("db", database)));
  }
  user.add("roles", roles);
  return user;
}

/// Expects this exit code and all of these words, and no password.
void expect_refusal(const Pipeline& pipeline, const std::string& command, int code,
                    const std::vector<std::string>& words) {
  SCOPED_TRACE(command);
  const Outcome outcome = run(pipeline.headwater({command}));
  const std::string said = outcome.output + outcome.errors;
  EXPECT_EQ(outcome.exit, (Exit{.code = code, .signal = 0})) << said;
  for (const std::string& word : words) EXPECT_NE(said.find(word), std::string::npos) << said;
  EXPECT_EQ(said.find("forty"), std::string::npos) << said;
}

void set_relay_uri(Pipeline& pipeline, std::string uri) {
  mongo(pipeline).set_relay_uri(std::move(uri));
  pipeline.configure_source("");
}

class login : public OnServer {};

TEST_P(login, WrongPassword) {
  MongoServer server({.kind = kind(), .auth = true});
  Pipeline pipeline(on(server));
  set_relay_uri(pipeline, server.uri("root", password));
  for (const std::string command : {"init", "check"}) {
    expect_refusal(pipeline, command, problem_found, {"uthenticat"});
  }
  // The same for a relay that could log in before.
  set_relay_uri(pipeline, server.uri());
  ASSERT_EQ(pipeline.init(), "");
  set_relay_uri(pipeline, server.uri("root", password));
  expect_refusal(pipeline, "run", source_error, {"source.unauthorized"});
}

/// On SecantusDB, open connections stay logged in.
TEST_P(login, RevokedAndGrantedAgain) {
  if (kind() != MongoKind::real) GTEST_SKIP() << no_real_mongod;
  MongoServer server({.kind = kind(), .auth = true});
  MongoShell root(server.uri());
  root.command("admin", user("relay", password));
  Pipeline pipeline(on(server));
  set_relay_uri(pipeline, server.uri("relay", password));
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  write_some(pipeline, 1);
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();

  root.command("admin", R"({"dropUser": "relay"})");
  write_some(pipeline, 2);
  ASSERT_TRUE(wait_until([&] {
    return !relay.running() || relay.errors().find("source.unauthorized") != std::string::npos;
  })) << relay.errors();
  EXPECT_TRUE(relay.running()) << end_of(relay);
  const auto without = progress(pipeline);
  root.command("admin", user("relay", password));
  ASSERT_TRUE(wait_until([&] { return !relay.running() || progress(pipeline) > without; }))
      << relay.errors();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << end_of(relay);
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(relay.errors().find("forty"), std::string::npos) << relay.errors();
  EXPECT_EQ(caught_up_disagreement(pipeline), "");
}

/// The error names the missing privilege. SecantusDB does not report privileges.
TEST_P(login, WithoutThePrivilege) {
  if (kind() != MongoKind::real) GTEST_SKIP() << no_real_mongod;
  MongoServer server({.kind = kind(), .auth = true});
  MongoShell root(server.uri());
  root.command("admin", std::string(R"({"createUser": "stranger", "pwd": ")") + password +
                            R"(", "roles": [{"role": "read", "db": "elsewhere"}]})");
  Pipeline pipeline(on(server, {.keys = ", identity: \"mongodb:test\""}));
  set_relay_uri(pipeline, server.uri("stranger", password));
  expect_refusal(pipeline, "check", problem_found, {"changeStream on shop.orders"});
}

TEST_P(login, OverTls) {
  MongoServer server({.kind = kind(), .tls = true});
  Pipeline pipeline(on(server));
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  EXPECT_EQ(caught_up_disagreement(pipeline), "");

  // The authority of another server.
  const TemporaryFolder elsewhere;
  const Certificates others = make_certificates(elsewhere.path());
  set_relay_uri(pipeline, "mongodb://" + server.host() +
                              "/?directConnection=true&tls=true&tlsCAFile=" + others.authority);
  expect_refusal(pipeline, "check", problem_found, {"certificate verify failed"});
  Process relay = pipeline.relay();
  ASSERT_TRUE(wait_until([&] {
    return !relay.running() ||
           relay.errors().find("certificate verify failed") != std::string::npos;
  })) << relay.errors();
}

/// A client certificate logs in the user that it names. SecantusDB does not support that.
TEST(login_by_certificate, LogsIn) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  MongoServer server({.kind = MongoKind::real, .auth = true, .tls = true});
  const Certificates& certificates = *server.certificates();
  MongoShell(server.uri()).command("$external", user(certificates.client_name, nullptr));
  Pipeline pipeline(on(server));
  set_relay_uri(pipeline,
                "mongodb://" + server.host() + "/?directConnection=true&tls=true&tlsCAFile=" +
                    certificates.authority + "&tlsCertificateKeyFile=" + certificates.client +
                    "&authMechanism=MONGODB-X509&authSource=$external");
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  EXPECT_EQ(caught_up_disagreement(pipeline), "");
  expect_refusal(pipeline, "check", 0, {certificates.client_name});
}

INSTANTIATE_TEST_SUITE_P(On, login, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
