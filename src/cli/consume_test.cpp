// The metrics of headwater consume, beside real streams and programs.
#include <gmock/gmock.h>

#include <csignal>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "src/cli/test_rig.h"
#include "src/serve/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using serve_testing::get;
using testing::HasSubstr;

/// Handles order 1, and rejects order 2. Ends once after the first.
constexpr const char* handler =
    "while read -r line; do case \"$line\" in *'\"subject\":\"2\"'*) echo reject two is bad;; "
    "*) echo ok; [ -e ended ] || { echo > ended; exit 3; };; esac; done";

class Consume : public testing::Test {
 protected:
  void SetUp() override {
    site.configure(
        "relay: orders\n"
        "source: { sqlite: { path: shop.db, tables: [orders] } }\n"
        "stream: { embedded: { path: events.db } }\n"
        "dead_letters: { embedded: { path: dead.db } }\n");
    site.fill();
  }
  [[nodiscard]] rig::Command consume(std::vector<std::string> options) const {
    options.insert(options.begin(), {"consume", "--consumer", "mail", "--metrics", "127.0.0.1:0"});
    options.insert(options.end(), {"--", "sh", "-c", handler});
    return site.command(std::move(options));
  }
  static std::string address_of(Process& process) {
    std::string address;
    static_cast<void>(rig::wait_until([&] {
      const std::regex line("metrics at http://([0-9.:]+)/metrics\n");
      const std::string log = process.errors();
      std::smatch found;
      if (std::regex_search(log, found, line)) address = found[1];
      return !address.empty() || !process.running();
    }));
    return address;
  }
  static int port_of(const std::string& address) {
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
  static bool shows(int port, const std::string& metric) {
    const std::string line = "headwater_consumer_" + metric + "\n";
    return rig::wait_until([&] { return get(port, "/metrics").find(line) != std::string::npos; });
  }

  Site site;
};

TEST_F(Consume, ServesWhatHappens) {
  Process process(consume({"--on-failure", "dead_letter"}));
  const std::string address = address_of(process);
  ASSERT_NE(address, "") << process.errors();
  const int port = port_of(address);
  const std::string who = "{relay=\"orders\",consumer=\"mail\"";
  EXPECT_TRUE(shows(port, "events_handled_total" + who + "} 1"));
  EXPECT_TRUE(shows(port, "dead_letters_total" + who + ",error=\"handler.rejected\"} 1"));
  EXPECT_TRUE(shows(port, "dead_letters_open" + who + "} 1"));
  EXPECT_TRUE(shows(port, "acknowledged_sequence" + who + "} 2"));
  EXPECT_TRUE(shows(port, "handler_restarts_total" + who + "} 1"));
  // Without another look at the stream.
  EXPECT_TRUE(shows(port, "lag_events" + who + "} 0"));
  EXPECT_THAT(get(port, "/metrics"), HasSubstr("headwater_build_info{version="));
  EXPECT_THAT(get(port, "/readyz"), HasSubstr("\r\n\r\nmail: consuming\n"));
  const auto status = headwater({"status", "--at", address});
  EXPECT_EQ(status.exit, Exit{}) << status.errors;
  EXPECT_THAT(status.output, HasSubstr("mail: consuming\n  embedded stream events.db, "
                                       "acknowledged event 2"));
  EXPECT_THAT(status.output, HasSubstr("1 dead letters (handler.rejected 1), 1 open"));
  // Once nobody needs it any more.
  rig::Command drop = site.command({"drop", "--consumer", "mail", "--all"});
  drop.words.insert(drop.words.begin() + 1, "dead-letters");
  ASSERT_EQ(rig::run(drop).exit, Exit{});
  EXPECT_TRUE(shows(port, "dead_letters_open" + who + "} 0"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), std::optional(Exit{})) << process.errors();
}

TEST_F(Consume, SaysHowFarItIsBehind) {
  Process process(consume({"--on-failure", "retry"}));
  const std::string address = address_of(process);
  ASSERT_NE(address, "") << process.errors();
  const int port = port_of(address);
  const std::string who = "{relay=\"orders\",consumer=\"mail\"";
  EXPECT_TRUE(rig::wait_until([&] {
    const std::string answer = get(port, "/metrics");
    const std::regex late(
        "headwater_consumer_lag_events.relay=\"orders\",consumer=\"mail\". [12]\n");
    return std::regex_search(answer, late);
  }));
  EXPECT_TRUE(shows(port, "acknowledged_sequence" + who + "} 1"));
  EXPECT_THAT(get(port, "/livez"), HasSubstr("\r\n\r\nok\n"));
}

/// docs/consumers.md explains every figure, and no other.
TEST_F(Consume, AllMetricsAreDocumented) {
  Process process(consume({}));
  const std::string address = address_of(process);
  ASSERT_NE(address, "") << process.errors();
  const auto names_in = [](const std::string& text, const std::regex& pattern) {
    std::set<std::string> names;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
      names.insert((*at)[1]);
    }
    return names;
  };
  const std::string docs = rig::contents(HEADWATER_DOCS "/consumers.md");
  const auto begin = docs.find("### Metrics");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = docs.substr(begin, docs.find("\n## ", begin) - begin);
  EXPECT_EQ(names_in(get(port_of(address), "/metrics"), std::regex("# TYPE (headwater_[a-z_]+) ")),
            names_in(section, std::regex("`(headwater_[a-z_]+)[{`]")));
}

TEST_F(Consume, AnAddressMustBeOne) {
  const auto wrong = site.run({"consume", "--consumer", "mail", "--metrics", "here", "--", "true"});
  EXPECT_EQ(wrong.exit, usage);
  EXPECT_THAT(wrong.errors, HasSubstr("'here' is not an address to listen on"));
}

}  // namespace
}  // namespace headwater::cli
