// Logins and TLS: whatever libpq takes, on both of a relay's connections. What is wrong is said with
// what to do, and the password never appears in any output.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "testing/disasters/disaster.h"
#include "testing/postgresql/postgres_shell.h"
#include "testing/postgresql/postgres_source.h"
#include "testing/rig/certificates.h"
#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

constexpr int problem_found = 1;
constexpr const char* password = "fortytwoleagues";

/// Set while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// A pipeline whose server asks for a password from `secret`, and for their certificate from `relay` and `other`.
class Guarded {
 public:
  Guarded()
      : certificates_(make_certificates(folder_.path())),
        pipeline_({.source = [](const TemporaryFolder& /*folder*/,
                                Harm harm) { return std::make_unique<PostgresSource>(harm); },
                   .harm = Harm::server}) {
    server().execute(std::string("CREATE ROLE secret LOGIN REPLICATION PASSWORD '") + password +
                     "';\nCREATE ROLE relay LOGIN REPLICATION;\nALTER SYSTEM SET ssl = on;\n"
                     "ALTER SYSTEM SET ssl_ca_file = 'authority.crt';\n");
    server().put("authority.crt", contents(certificates_.authority));
    server().put("pg_hba.conf",
                 "host all postgres 127.0.0.1/32 trust\n"
                 "hostssl all secret 127.0.0.1/32 scram-sha-256\n"
                 "hostssl all relay,other 127.0.0.1/32 cert\n");
    show({.certificate = certificates_.server, .key = certificates_.server_key});
    if (const std::string wrong = pipeline_.init(); !wrong.empty()) give_up(wrong);
  }

  /// Its certificate from here on.
  void show(const ServerCertificate& shown) {
    server().put("server.crt", contents(shown.certificate));
    server().put("server.key", contents(shown.key));
    server().reload();
  }
  void show_expired() { show(make_expired_certificate(folder_.path())); }
  void show_valid() {
    show({.certificate = certificates_.server, .key = certificates_.server_key});
  }

  /// Only its owner may read it.
  std::string secret_file(const std::string& name, const std::string& text) {
    std::string path = folder_ / name;
    write_file(path, text);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }
  [[nodiscard]] std::string where() {
    return "localhost:" + std::to_string(server().port()) + "/" + source().database();
  }
  [[nodiscard]] std::string verified() const {
    return "?sslmode=verify-full&sslrootcert=" + certificates_.authority;
  }

  void use(const std::string& uri) {
    source().set_relay_uri(uri);
    pipeline_.configure_source("");
  }
  PostgresSource& source() { return dynamic_cast<PostgresSource&>(pipeline_.source()); }
  PostgresServer& server() { return source().postgres(); }
  Pipeline& pipeline() { return pipeline_; }
  [[nodiscard]] const Certificates& certificates() const { return certificates_; }

 private:
  TemporaryFolder folder_;
  Certificates certificates_;
  Pipeline pipeline_;
};

class login : public ::testing::Test {
 protected:
  static void TearDownTestSuite() { guarded_.reset(); }
  static Guarded& guarded() {
    if (!guarded_) guarded_ = std::make_unique<Guarded>();
    return *guarded_;
  }
  static std::string with_password(const std::string& word) {
    return "postgresql://secret:" + word + "@" + guarded().where();
  }

  void expect_entry(const std::string& uri) {
    SCOPED_TRACE(uri);
    guarded().use(uri);
    write_some(guarded().pipeline(), ++salt_, 3);
    EXPECT_EQ(guarded().pipeline().catch_up(), "");
    EXPECT_EQ(guarded().pipeline().id_disagreement(), "");
  }
  /// Expects these words and no password; and of a relay, this error and this end.
  static void expect_refusal(const std::string& uri, const std::string& name,
                             const std::string& next) {
    SCOPED_TRACE(uri);
    guarded().use(uri);
    const Outcome checked = run(guarded().pipeline().headwater({"check"}));
    const std::string said = checked.output + checked.errors;
    EXPECT_EQ(checked.exit, (Exit{.code = problem_found, .signal = 0})) << said;
    EXPECT_NE(said.find(next), std::string::npos) << said;
    Process relay = guarded().pipeline().relay();
    EXPECT_TRUE(wait_until([&] { return relay.errors().find(name) != std::string::npos; }))
        << relay.errors();
    (void)relay.terminate();
    const std::string log = relay.errors();
    EXPECT_NE(log.find(name), std::string::npos) << log;
    EXPECT_EQ((said + log).find("fortytwo"), std::string::npos) << said << log;
  }

 private:
  static inline std::unique_ptr<Guarded> guarded_;
  static inline std::uint64_t salt_ = 0;
};

TEST_F(login, ByPasswordOverVerifiedTls) {
  guarded().use(with_password(password) + guarded().verified());
  Process relay = guarded().pipeline().relay();
  PostgresShell shell(guarded().server().address());
  // Both of its connections.
  EXPECT_TRUE(wait_until([&] {
    return shell.sure(
               "SELECT backend_type FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) "
               "WHERE usename = 'secret' AND ssl ORDER BY 1") ==
           PostgresRows{{"client backend"}, {"walsender"}};
  })) << relay.errors();
  write_some(guarded().pipeline(), 100, 3);
  EXPECT_TRUE(guarded().pipeline().wait_until_caught_up()) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(relay.errors().find("fortytwo"), std::string::npos) << relay.errors();
  EXPECT_EQ(guarded().pipeline().id_disagreement(), "");
}

TEST_F(login, WrongPassword) {
  expect_refusal(with_password("fortytwomiles") + guarded().verified(), "source.unauthorized",
                 "correct user and password");
  expect_refusal(with_password(password) + "?sslmode=disable", "source.unauthorized",
                 "pg_hba.conf");
  expect_refusal("postgresql://secret@" + guarded().where() + guarded().verified(),
                 "source.unauthorized", "give a password");
}

TEST_F(login, ByAPasswordFile) {
  const std::string uri = "postgresql://secret@" + guarded().where() + guarded().verified();
  const std::string right =
      guarded().secret_file("right", std::string("localhost:*:*:secret:") + password + "\n");
  const std::string wrong = guarded().secret_file("wrong", "*:*:*:secret:fortytwomiles\n");
  expect_entry(uri + "&passfile=" + right);
  expect_refusal(uri + "&passfile=" + wrong, "source.unauthorized", "the password file");
  {
    const Variable named("PGPASSFILE", right);
    expect_entry(uri);
  }
  // libpq does not use one that others may read.
  fs::permissions(right, fs::perms::all);
  expect_refusal(uri + "&passfile=" + right, "source.unauthorized", "only its owner may read");
}

TEST_F(login, ByAServiceFile) {
  const Variable named(
      "PGSERVICEFILE",
      guarded().secret_file(
          "services",
          "[shop]\nhost=localhost\nport=" + std::to_string(guarded().server().port()) +
              "\nuser=secret\ndbname=" + guarded().source().database() + "\npassword=" + password +
              "\nsslmode=verify-full\nsslrootcert=" + guarded().certificates().authority + "\n"));
  expect_entry("service=shop");
  expect_refusal("service=shopp", "source.no_such_service", "PGSERVICEFILE");
}

TEST_F(login, ByACertificate) {
  const std::string uri = "postgresql://relay@" + guarded().where() + guarded().verified();
  const std::string pair =
      guarded().secret_file("pair.pem", contents(guarded().certificates().client));
  expect_entry(uri + "&sslcert=" + pair + "&sslkey=" + pair);
  expect_refusal(uri + "&sslcert=" + pair + "&sslkey=" + pair + ".missing", "source.unavailable",
                 "sslkey");
  // Of the same certificate, another user.
  expect_refusal("postgresql://other@" + guarded().where() + guarded().verified() +
                     "&sslcert=" + pair + "&sslkey=" + pair,
                 "source.unauthorized", "correct the user");
  expect_refusal(uri, "source.unauthorized", "relay");
}

TEST_F(login, AServerThatIsNotTrusted) {
  const std::string uri = with_password(password);
  const TemporaryFolder elsewhere;
  expect_refusal(
      uri + "?sslmode=verify-full&sslrootcert=" + make_certificates(elsewhere.path()).authority,
      "source.unavailable", "sslrootcert has the authority");
  expect_refusal(uri + "?sslmode=verify-full&sslrootcert=" + (elsewhere / "missing"),
                 "source.unavailable", "sslrootcert=FILE");
  expect_refusal("postgresql://secret:" + std::string(password) +
                     "@elsewhere.example:" + std::to_string(guarded().server().port()) + "/" +
                     guarded().source().database() + guarded().verified() + "&hostaddr=127.0.0.1",
                 "source.unavailable", "a name that the server's certificate has");
  guarded().show_expired();
  expect_refusal(uri + guarded().verified(), "source.unavailable", "when that expires");
  guarded().show_valid();
  expect_entry(uri + guarded().verified());
}

}  // namespace
}  // namespace headwater::rig
