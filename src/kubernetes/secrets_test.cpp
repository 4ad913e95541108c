#include "src/kubernetes/secrets.h"

#include <gtest/gtest.h>

namespace headwater::kubernetes {
namespace {

TEST(Secrets, NamesOfVariables) {
  for (const char* const name :
       {"PASSWORD", "NATS_PASSWORD", "nats-password", "natsPassword", "AUTH_TOKEN", "API_KEY",
        "KEY", "apikey", "CLIENT_SECRET", "SECRET_VALUE", "PGPASSWORD", "natspassword",
        "Auth-PassWord", "apitoken", "MYSQL_PWD", "--stream.token"}) {
    EXPECT_TRUE(names_secret(name)) << name;
  }
  for (const char* const name :
       {"", "USER", "PASSWORD_FILE", "TOKEN_URL", "SECRET_NAME", "PARTITION_KEY", "publicKey",
        "PRIMARY-KEY", "MONKEY", "KEYS", "TOKENS_PER_SECOND", "COMPASS", "PGPASSFILE",
        "PGPASSWORDFILE", "_", "value"}) {
    EXPECT_FALSE(names_secret(name)) << name;
  }
}

TEST(Secrets, Literals) {
  for (const char* const value : {"hunter2", "1234", "a$b", "p@ss", "hunter2\n", "/hunter2", "/"}) {
    EXPECT_TRUE(is_literal(value)) << value;
  }
  for (const char* const value :
       {"", "\n", "${PASSWORD}", "$(PASSWORD)", "${file:/run/p}", "true", "/run/secrets/password",
        "ENC[AES256_GCM,data:x]", "<password>", "****", "{{ .Values.password }}"}) {
    EXPECT_FALSE(is_literal(value)) << value;
  }
}

TEST(Secrets, PasswordsInUris) {
  for (const char* const text :
       {"mongodb://u:p@h", "redis://:p@h:6379/0", "two: a://b, then postgresql://u:p%40q@h/db?x=y",
        "amqp://u:p@q@h", "nats://u:p@a,nats://u:p@b", "://u:p@h"}) {
    EXPECT_TRUE(has_password_in_uri(text)) << text;
  }
  for (const char* const text :
       {"", "://", "mongodb://h:27017/a@b", "mongodb://u@h", "mongodb://u:@h", "http://h/?q=a:b@c",
        "mongodb://u:${PASSWORD}@h", "mongodb://u:$(PASSWORD)@h", "u:p@h", "nats://h u:p@h"}) {
    EXPECT_FALSE(has_password_in_uri(text)) << text;
  }
}

TEST(Secrets, PasswordsInConnectionStrings) {
  for (const char* const text :
       {"host=db password=p", "password='a b' user=u", "postgresql://db/shop?sslpassword=p",
        "Server=db;host=db;password=p;", "password=${P} host=db password=p"}) {
    EXPECT_EQ(secret_shown_in(text), "a connection string with a password") << text;
  }
  for (const char* const text :
       {"host=db", "password=p", "host=db password=${P}", "host=db password=$(P)",
        "host=db password=$P", "host=db password=", "host=db passwordfile=/p", ""}) {
    EXPECT_EQ(secret_shown_in(text), "") << text;
  }
}

TEST(Secrets, PrivateKeys) {
  EXPECT_EQ(secret_shown_in("-----BEGIN RSA PRIVATE KEY-----\nMIIE"), "a private key");
  EXPECT_EQ(secret_shown_in("-----BEGIN CERTIFICATE-----\nMIIE"), "");
}

TEST(Secrets, ConfigurationsByNameOrByTheirKeys) {
  EXPECT_TRUE(is_configuration("headwater.yaml", ""));
  EXPECT_TRUE(is_configuration("a.yaml", "relays:\n- source: x\n  stream: y\n"));
  EXPECT_FALSE(is_configuration("nginx.conf", "stream: x"));
}

Text file_of(const std::string& text) {
  Text file{.name = "a.yaml", .text = text, .lines = {}, .parsed = {}};
  return file;
}

std::vector<int> lines_in(const std::string& manifest) {
  Text file = file_of(manifest);
  file.lines = lines_of(file.text);
  file.parsed = yaml::parse(file.text, manifest_limits());
  std::vector<int> lines;
  for (const OpenSecret& secret :
       secrets_in(file.parsed.documents.at(0).entries.at(0).value, file)) {
    lines.push_back(secret.line);
  }
  return lines;
}

using Lines = std::vector<int>;

TEST(Secrets, HaveTheirLineInTheManifest) {
  EXPECT_EQ(lines_in("a: |\n  x: 1\n\n  password: p\n  uri: a://u:p@h\n"), (Lines{4, 5}));
  EXPECT_EQ(lines_in("a: |-\n  # a://u:p@h\n  x:\n    - a://u:p@h\n"), Lines{4});
  // In one line, or folded: where the text begins.
  EXPECT_EQ(lines_in("a: \"x: 1\\ntoken: p\\n\"\n"), Lines{1});
  EXPECT_EQ(lines_in("a: >\n  {password:\n  p}\n"), Lines{1});
  // Not YAML.
  EXPECT_EQ(lines_in("a: |\n  [x]\n  # a://u:p@h\n  y=a://u:p@h\n"), Lines{4});
}

TEST(Secrets, OfAPrivateKeyIsItsFirstLine) {
  const std::string key = "  -----BEGIN PRIVATE KEY-----\n  MIIE\n  -----END PRIVATE KEY-----\n";
  EXPECT_EQ(lines_in("a: |\n" + key), Lines{2});
}

TEST(Secrets, ThatAreReferredToAreNoneInTheOpen) {
  EXPECT_EQ(lines_in("a: |\n  password: ${P}\n  token: ${file:/t}\n  key: id\n  tokens: x\n"),
            Lines{});
}

}  // namespace
}  // namespace headwater::kubernetes
