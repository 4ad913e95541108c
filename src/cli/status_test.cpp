// headwater status, beside running relays.
#include <gmock/gmock.h>

#include <regex>
#include <string>

#include "src/cli/test_rig.h"
#include "src/json/json.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using testing::HasSubstr;

constexpr const char* one_relay =
    "relay: orders\n"
    "source: { sqlite: { path: shop.db, tables: [orders] } }\n"
    "stream: { embedded: { path: events.db } }\n";

std::string address_of(Process& process) {
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

class Status : public testing::Test {
 protected:
  void SetUp() override {
    site.configure(one_relay);
    ASSERT_EQ(site.run({"init"}).exit, Exit{});
  }
  rig::Outcome status(const std::vector<std::string>& words) const { return site.run(words); }

  Site site;
};

TEST_F(Status, ShowsALeaderAndItsStandby) {
  Process leader(site.command({"run", "--metrics", "127.0.0.1:0"}));
  const std::string first = address_of(leader);
  ASSERT_NE(first, "") << leader.errors();
  const auto leads = [&] {
    return headwater({"status", "--at", first}).output.find("orders: leading since ") == 0;
  };
  ASSERT_TRUE(rig::wait_until(leads));
  const auto alone = headwater({"status", "--at", first});
  EXPECT_EQ(alone.exit, Exit{}) << alone.errors;
  EXPECT_THAT(alone.output, HasSubstr("  sqlite shop.db -> embedded stream events.db"));

  Process standby(site.command({"run", "--metrics", "127.0.0.1:0"}));
  const std::string second = address_of(standby);
  ASSERT_NE(second, "") << standby.errors();
  ASSERT_TRUE(rig::wait_until([&] {
    return headwater({"status", "--at", second, "--json"}).output.find("starting") ==
           std::string::npos;
  }));
  const auto both = headwater({"status", "--at", first, "--at", second, "--json"});
  EXPECT_EQ(both.exit, Exit{}) << both.errors;
  const auto json = Json::parse(both.output);
  ASSERT_TRUE(json) << both.output;
  ASSERT_EQ(json->size(), 2U);
  EXPECT_EQ((*json)[0]["address"].text(), first);
  EXPECT_EQ((*json)[1]["relays"][0]["relay"].text(), "orders");
}

TEST_F(Status, TheFileNamesTheAddress) {
  Process process(site.command({"run", "--metrics", "127.0.0.1:0"}));
  const std::string address = address_of(process);
  ASSERT_NE(address, "") << process.errors();
  // None of the file's secrets is needed.
  site.configure("metrics: " + address + "\n" + one_relay + "dead_letters: ${NOT_SET}\n");
  ASSERT_TRUE(rig::wait_until([&] { return site.run({"status"}).exit == Exit{}; }));
}

TEST_F(Status, SaysWhatToDoIfNobodyAnswers) {
  const auto unknown = site.run({"status"});
  EXPECT_EQ(unknown.exit, (Exit{.code = 2}));
  EXPECT_THAT(unknown.errors, HasSubstr("does not say where `run` can be asked"));
  EXPECT_THAT(unknown.errors, HasSubstr("next: put metrics: 127.0.0.1:9090 at the top of"));
  const auto which = headwater({"status"});
  EXPECT_EQ(which.exit, (Exit{.code = 2}));
  EXPECT_THAT(which.errors, HasSubstr("next: headwater status -c FILE"));
  // Port 1 is nobody's.
  const auto none = headwater({"status", "--at", "127.0.0.1:1"});
  EXPECT_EQ(none.exit, (Exit{.code = 1}));
  EXPECT_THAT(none.errors, HasSubstr("nobody listens there"));
  EXPECT_THAT(none.errors, HasSubstr("next: is it running? start it: headwater run -c FILE"));
  EXPECT_THAT(headwater({"status", "--at", "here"}).errors, HasSubstr("'here' is not an address"));
}

}  // namespace
}  // namespace headwater::cli
