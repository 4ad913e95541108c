// SIGHUP, SIGUSR1 and SIGUSR2 to a running program.
#include <gmock/gmock.h>

#include <csignal>
#include <string>

#include "src/cli/test_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using rig::Process;
using testing::HasSubstr;
using testing::Not;

/// A relay of this name, whose stream is a file of its own.
std::string relay(const std::string& name, const std::string& more = "") {
  return "  - relay: " + name +
         "\n    source: { sqlite: { path: shop.db, tables: [orders] } }\n"
         "    stream: { embedded: { path: " +
         name + ".db } }\n" + more;
}

class Reload : public testing::Test {
 protected:
  void prepare(const std::string& relays) {
    site.configure("relays:\n" + relays);
    ASSERT_EQ(site.run({"init"}).exit, Exit{});
  }
  static bool says(Process& process, const std::string& words) {
    return rig::wait_until(
        [&] { return process.errors().find(words) != std::string::npos || !process.running(); });
  }
  static void hang_up(Process& process, const std::string& until) {
    process.signal(SIGHUP);
    EXPECT_TRUE(says(process, until)) << process.errors();
  }
  static std::size_t times(const std::string& text, const std::string& words) {
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
      ++count;
    }
    return count;
  }

  Site site;
};

TEST_F(Reload, StartsWhatIsNewStopsWhatIsGoneAndLeavesTheRest) {
  prepare(relay("a") + relay("b") + relay("c"));
  site.configure("relays:\n" + relay("a") + relay("b"));
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "a: leading")) << process.errors();
  ASSERT_TRUE(says(process, "b: leading")) << process.errors();
  site.configure("relays:\n" + relay("a") + relay("c"));
  hang_up(process, "was reloaded: 1 relays stopped, 1 started, 1 left as they were");
  ASSERT_TRUE(says(process, "c: leading")) << process.errors();
  site.configure("relays:\n" + relay("a", "    takeover_after: 9s\n") + relay("c"));
  hang_up(process, "was reloaded: 1 relays stopped, 1 started, 1 left as they were\n");
  ASSERT_TRUE(rig::wait_until([&] { return times(process.errors(), "a: leading") == 2; }));
  const std::string log = process.errors();
  EXPECT_EQ(times(log, "a: stopped after"), 1U) << log;
  EXPECT_EQ(times(log, "b: stopped after"), 1U) << log;
  EXPECT_EQ(times(log, "c: stopped after"), 0U) << log;
  const auto exit = process.terminate();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, Exit{});
}

TEST_F(Reload, AFileWithAnErrorChangesNothing) {
  prepare(relay("a"));
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "a: leading")) << process.errors();
  site.configure("relays:\n" + relay("a", "    takeover_atfer: 9s\n"));
  hang_up(process, "was not reloaded, and nothing has changed: ");
  EXPECT_THAT(process.errors(), HasSubstr("takeover_atfer"));
  site.configure("relays:\n" + relay("a"));
  hang_up(process, "0 relays stopped, 0 started, 1 left");
  EXPECT_THAT(process.errors(), Not(HasSubstr("a: stopped")));
}

TEST_F(Reload, WhatNeedsARestartIsNamed) {
  const std::string only =
      "relay: a\nsource: { sqlite: { path: shop.db, tables: [orders] } }\n"
      "stream: { embedded: { path: a.db } }\n";
  for (const std::string& file : {"relays:\n" + relay("a"), only}) {
    site.configure(file);
    ASSERT_EQ(site.run({"init"}).exit, Exit{});
    Process process(site.command({"run"}));
    ASSERT_TRUE(says(process, "a: leading")) << process.errors();
    site.configure("metrics: 127.0.0.1:0\n" + file);
    hang_up(process, "`metrics` has changed in shop.yaml");
    EXPECT_TRUE(says(process, "1 left as they were")) << process.errors();
  }
}

/// As nohup starts it.
TEST_F(Reload, AnIgnoredHangupIsNoStop) {
  prepare(relay("a"));
  for (const bool reloads : {true, false}) {
    rig::Command command = site.command({reloads ? "run" : "serve"});
    command.words.insert(command.words.begin(), {"/usr/bin/nohup"});
    Process process(command);
    ASSERT_TRUE(says(process, reloads ? "a: leading" : "streams at")) << process.errors();
    process.signal(SIGHUP);
    process.signal(SIGUSR1);
    EXPECT_TRUE(says(process, "log level is debug now")) << process.errors();
    EXPECT_TRUE(process.running());
    const auto exit = process.terminate();
    ASSERT_TRUE(exit);
    EXPECT_EQ(*exit, Exit{});
  }
}

/// The new password of a database comes in a file.
TEST_F(Reload, AChangedSecretIsAChange) {
  rig::write_file(site / "path", "shop.db");
  const std::string file =
      "relay: a\nsource: { sqlite: { path: '${file:path}', tables: [orders] } }\n"
      "stream: { embedded: { path: a.db } }\n";
  site.configure(file);
  ASSERT_EQ(site.run({"init"}).exit, Exit{});
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "a: leading")) << process.errors();
  rig::write_file(site / "path", "./shop.db");
  hang_up(process, "1 relays stopped, 1 started, 0 left");
}

/// One that could not go on gets another try.
TEST_F(Reload, AFailedRelayIsStartedAgain) {
  prepare(relay("a"));
  site.configure("relays:\n" + relay("a") + relay("late"));
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "error: late: ")) << process.errors();
  ASSERT_EQ(site.run({"init", "--relay", "late"}).exit, Exit{});
  hang_up(process, "1 relays stopped, 1 started, 1 left");
  EXPECT_TRUE(says(process, "late: leading")) << process.errors();
  const auto exit = process.terminate();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, Exit{}) << "the failure is over";
}

TEST_F(Reload, SignalsChangeTheLogLevel) {
  prepare(relay("a"));
  Process process(site.command({"run"}));
  ASSERT_TRUE(says(process, "a: leading")) << process.errors();
  process.signal(SIGUSR1);
  EXPECT_TRUE(says(process, "log level is debug now"));
  process.signal(SIGUSR2);
  EXPECT_TRUE(says(process, "log level is info now"));
  process.signal(SIGUSR2);
  EXPECT_TRUE(says(process, "log level is warn now"));
  const auto exit = process.terminate();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, Exit{});
  EXPECT_THAT(process.errors(), Not(HasSubstr("a: stopped")));
}

}  // namespace
}  // namespace headwater::cli
