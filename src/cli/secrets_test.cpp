// No secret is in a log, an error, a figure, the status or a process's command line, however it came
// into the configuration and whatever goes wrong.
#include <gmock/gmock.h>

#include <regex>
#include <string>
#include <vector>

#include "src/cli/test_rig.h"
#include "src/serve/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Process;
using serve_testing::get;
using testing::HasSubstr;
using testing::Not;

constexpr const char* secret = "kDq7Vw2sLpX0";

struct Way {
  const char* name;
  const char* source;
  const char* stream;
  bool is_usable = true;  ///< Only the other side is missing.
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

// Nobody listens at port 1.
constexpr const char* shop = "{ sqlite: { path: shop.db, tables: [orders] } }";
constexpr Way ways[] = {
    {"mongodb",
     "{ mongodb: { uri: 'mongodb://relay:${SECRET}@127.0.0.1:1/"
     "?directConnection=true&serverSelectionTimeoutMS=200', watch: shop.orders } }",
     "{ embedded: { path: events.db } }"},
    {"postgresql",
     "{ postgresql: { uri: 'postgresql://relay:${SECRET}@127.0.0.1:1/shop', tables: all, "
     "slot: headwater_shop } }",
     "{ embedded: { path: events.db } }"},
    {"postgresql_words",
     "{ postgresql: { uri: 'host=127.0.0.1 port=1 user=relay password=${SECRET} dbname=shop', "
     "tables: all, slot: headwater_shop } }",
     "{ embedded: { path: events.db } }"},
    {"nats", shop,
     "{ nats: { url: 'nats://127.0.0.1:1', stream: orders, user: relay, password: '${SECRET}' } }"},
    {"nats_token", shop,
     "{ nats: { url: 'nats://127.0.0.1:1', stream: orders, token: '${file:secret}' } }"},
    {"kafka", shop,
     "{ kafka: { brokers: '127.0.0.1:1', topic: orders, properties: { security.protocol: "
     "sasl_plaintext, sasl.mechanisms: PLAIN, sasl.username: relay, sasl.password: '${SECRET}' } } "
     "}"},
    {"redis", shop,
     "{ redis: { url: 'redis://127.0.0.1:1', key: orders, password: '${SECRET}' } }"},
    {"redis_url", shop, "{ redis: { url: 'redis://relay:${SECRET}@127.0.0.1:1', key: orders } }"},
    // A wrong one: the error names the setting, not the value.
    {"nonsense", "{ mongodb: { uri: 'nonsense://${SECRET}', watch: shop.orders } }",
     "{ redis: { url: 'http://:${SECRET}@127.0.0.1:1', key: orders } }", false},
    {"a_path", "{ sqlite: { path: '${SECRET}/shop.db', tables: '${SECRET}' } }",
     "{ embedded: { path: events.db, retention: { age: '${SECRET}' } } }", false},
};

class Secrets : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    rig::write_file(site / "secret", secret);
    // The database and the embedded stream are ready; the other side of each way never is.
    static_cast<void>(site.run({"init"}));
    site.configure(std::string("metrics: 127.0.0.1:0\nrelay: orders\nsource: ") +
                   GetParam().source + "\nstream: " + GetParam().stream + "\n");
  }
  [[nodiscard]] rig::Command command(std::vector<std::string> words) const {
    rig::Command command = site.command(std::move(words));
    command.words.insert(command.words.begin(), {"/usr/bin/env", std::string("SECRET=") + secret});
    return command;
  }
  static void expect_clean(const std::string& text) { EXPECT_THAT(text, Not(HasSubstr(secret))); }

  Site site;
};

TEST_P(Secrets, AreNowhereInWhatCommandsSay) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"check"}, {"init"}, {"status"}}) {
    const auto outcome = rig::run(command(words));
    EXPECT_NE(outcome.output + outcome.errors, "") << words.front();
    expect_clean(outcome.output + outcome.errors);
  }
}

TEST_P(Secrets, AreNowhereInWhatARunningRelayShows) {
  Process process(command({"run", "--log", "json", "--log-level", "debug"}));
  int port = 0;
  const bool retries = rig::wait_until([&] {
    const std::regex line("\"port\":([0-9]+)");
    const std::string log = process.errors();
    std::smatch found;
    if (std::regex_search(log, found, line)) port = std::stoi(found[1]);
    return log.find("relay.retrying") != std::string::npos || !process.running();
  });
  EXPECT_TRUE(retries);
  ASSERT_EQ(process.running(), GetParam().is_usable) << process.errors();
  if (GetParam().is_usable) {
    ASSERT_NE(port, 0) << process.errors();
    for (const char* path : {"/", "/metrics", "/status", "/livez", "/readyz", "/nothing"}) {
      expect_clean(get(port, path));
    }
    expect_clean(rig::contents("/proc/" + std::to_string(process.pid()) + "/cmdline"));
    process.terminate();
  }
  EXPECT_NE(process.errors(), "");
  expect_clean(process.errors());
}

INSTANTIATE_TEST_SUITE_P(Ways, Secrets, testing::ValuesIn(ways),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace headwater::cli
