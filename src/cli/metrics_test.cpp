#include <gmock/gmock.h>

#include <csignal>
#include <regex>
#include <set>
#include <string>

#include "src/cli/test_rig.h"
#include "src/serve/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using serve_testing::get;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The port of the metrics according to the log; 0 if it never reports one.
int port_of(Process& process) {
  int port = 0;
  static_cast<void>(rig::wait_until([&] {
    const std::regex line("metrics at http://127\\.0\\.0\\.1:([0-9]+)/metrics\n");
    const std::string log = process.errors();
    std::smatch found;
    if (std::regex_search(log, found, line)) port = std::stoi(found[1]);
    return port != 0 || !process.running();
  }));
  return port;
}

bool scrape_has(int port, const std::string& words) {
  return rig::wait_until([&] { return get(port, "/metrics").find(words) != std::string::npos; });
}

class Metrics : public testing::Test {
 protected:
  void SetUp() override {
    site.configure(
        "metrics: 127.0.0.1:0\n"
        "relay: orders\n"
        "source: { sqlite: { path: shop.db, tables: [orders] } }\n"
        "stream: { embedded: { path: events.db } }\n");
  }

  Site site;
};

TEST_F(Metrics, AreServedWhileTheRelayRuns) {
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  Process process(site.command({"run"}));
  const int port = port_of(process);
  ASSERT_NE(port, 0) << process.errors();
  EXPECT_TRUE(scrape_has(port, "headwater_events_appended_total{relay=\"orders\"} 2\n"));
  EXPECT_TRUE(scrape_has(port, "headwater_tail_sequence{relay=\"orders\"} 2\n"));
  EXPECT_TRUE(scrape_has(port, "headwater_relay_state{relay=\"orders\",state=\"leading\"} 1\n"));
  EXPECT_TRUE(scrape_has(port, "headwater_stream_room_bytes{relay=\"orders\"} "));
  site.sql("INSERT INTO orders(customer) VALUES ('eve')");
  EXPECT_TRUE(scrape_has(port, "headwater_events_appended_total{relay=\"orders\"} 3\n"));
  EXPECT_THAT(get(port, "/livez"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(get(port, "/readyz"), HasSubstr("\r\n\r\norders: leading\n"));
  process.signal(SIGTERM);
  const auto exit = process.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, Exit{}) << process.errors();
}

TEST_F(Metrics, OneAddressForAllRelaysOfTheFile) {
  const std::string source = "    source: { sqlite: { path: shop.db, tables: [orders] } }\n";
  site.configure("metrics: 127.0.0.1:0\nrelays:\n  - relay: a\n" + source +
                 "    stream: { embedded: { path: a.db } }\n  - relay: b\n" + source +
                 "    stream: { embedded: { path: b.db } }\n");
  ASSERT_EQ(site.run({"init", "--relay", "b"}).exit, Exit{});
  Process process(site.command({"run"}));
  const int port = port_of(process);
  ASSERT_NE(port, 0) << process.errors();
  EXPECT_TRUE(scrape_has(port, "headwater_events_appended_total{relay=\"b\"} 2\n"));
  // The other was never prepared, so it has failed.
  EXPECT_TRUE(scrape_has(port, "headwater_relay_state{relay=\"a\",state=\"ended\"} 1\n"));
  const std::string health = get(port, "/livez");
  EXPECT_THAT(health, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(health, HasSubstr("\r\n\r\na: failed: stream.not_prepared\n"));
}

TEST_F(Metrics, AnAddressInUseIsAnErrorWithANextStep) {
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  Process process(site.command({"run"}));
  const std::string address = "127.0.0.1:" + std::to_string(port_of(process));
  const auto second = site.run({"run", "--metrics", address});
  EXPECT_EQ(second.exit, (Exit{.code = 2})) << second.errors;
  EXPECT_THAT(second.errors, HasSubstr("error: cannot serve metrics at " + address + ": "));
  EXPECT_THAT(second.errors, HasSubstr("Address already in use"));
  EXPECT_THAT(second.errors, HasSubstr("headwater run -c shop.yaml --metrics 127.0.0.1:0\n"));
  // That way out works, for a standby on the same machine.
  Process standby(site.command({"run", "--metrics", "127.0.0.1:0"}));
  EXPECT_NE(port_of(standby), 0) << standby.errors();
}

/// docs/cli.md explains every figure that `run` serves, and no other.
TEST_F(Metrics, AreAllDocumented) {
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  Process process(site.command({"run"}));
  const int port = port_of(process);
  ASSERT_TRUE(scrape_has(port, "headwater_events_appended_total{relay=\"orders\"} 2\n"));
  const auto names_in = [](const std::string& text, const std::regex& pattern) {
    std::set<std::string> names;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
      names.insert((*at)[1]);
    }
    return names;
  };
  const std::string docs = rig::contents(HEADWATER_DOCS "/cli.md");
  const auto begin = docs.find("### Metrics");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = docs.substr(begin, docs.find("\n## ", begin) - begin);
  EXPECT_EQ(names_in(get(port, "/metrics"), std::regex("# TYPE (headwater_[a-z_]+) ")),
            names_in(section, std::regex("`(headwater_[a-z_]+)[{`]")));
}

TEST_F(Metrics, AreOffByDefault) {
  site.configure(
      "relay: orders\n"
      "source: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "stream: { embedded: { path: events.db } }\n");
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  const auto outcome = site.run({"run", "--until-current"});
  EXPECT_EQ(outcome.exit, Exit{});
  EXPECT_THAT(outcome.errors, Not(HasSubstr("metrics")));
  const auto wrong = site.run({"run", "--metrics", "here"});
  EXPECT_EQ(wrong.exit, (Exit{.code = 2}));
  EXPECT_THAT(wrong.errors, HasSubstr("'here' is not an address to listen on"));
}

}  // namespace
}  // namespace headwater::cli
