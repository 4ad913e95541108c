// The program itself: a short soak, and an interrupted one.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

/// About twenty seconds.
constexpr const char* hours = "0.006";

std::vector<std::string> children_of(const Process& process) {
  const std::string id = std::to_string(process.pid());
  std::istringstream ids(contents("/proc/" + id + "/task/" + id + "/children"));
  std::vector<std::string> children;
  for (std::string child; ids >> child;) children.push_back(child);
  return children;
}

TEST(Soak, AShortOneIsClean) {
  const TemporaryFolder folder;
  Process soak({.words = {HEADWATER_SOAK, hours, "--seed", "1", "--report", folder / "report.md"}});
  // Without a deadline, because ctest has one.
  EXPECT_EQ(soak.wait(Milliseconds(-1)), Exit{}) << soak.output() << soak.errors();
  const std::string report = contents(folder / "report.md");
  EXPECT_NE(soak.output().find(report), std::string::npos);
  for (const char* line : {"| **lost** | 0 | 0 |", "| **repeated** | 0 | 0 |",
                           "| **out of order** | 0 | 0 |", "| relay killed |", "--seed 1\n"}) {
    EXPECT_NE(report.find(line), std::string::npos) << line << " is not in\n" << report;
  }
}

TEST(Soak, AnInterruptionEndsWhatItStarted) {
  Process soak({.words = {HEADWATER_SOAK, "1"}});
  ASSERT_TRUE(wait_until([&] { return soak.errors().find("Ctrl-C") != std::string::npos; }))
      << soak.errors();
  const auto children = children_of(soak);
  // Two servers, and three relays for each pipeline.
  EXPECT_GE(children.size(), 8U);
  soak.signal(SIGINT);
  const auto exit = soak.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 130) << soak.errors();
  for (const std::string& child : children) {
    EXPECT_FALSE(std::filesystem::exists("/proc/" + child)) << child;
  }
}

/// Also to a relay that ends by itself.
TEST(Soak, APromiseThatIsBrokenIsReported) {
  Process soak({.words = {HEADWATER_SOAK, "1"}});
  ASSERT_TRUE(wait_until([&] { return soak.errors().find("Ctrl-C") != std::string::npos; }))
      << soak.errors();
  std::string relay;
  for (const std::string& child : children_of(soak)) {
    if (contents("/proc/" + child + "/comm") == "headwater\n") relay = child;
  }
  ASSERT_NE(relay, "");
  ::kill(std::stoi(relay), SIGTERM);
  const auto exit = soak.wait();
  ASSERT_TRUE(exit) << soak.errors();
  EXPECT_EQ(exit->code, 1) << soak.output() << soak.errors();
  EXPECT_NE(soak.output().find("BROKEN: "), std::string::npos) << soak.output();
  // It leaves its folders.
  std::istringstream lines(soak.errors());
  int kept = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("kept: ")) continue;
    ++kept;
    std::filesystem::remove_all(line.substr(line.find('/')));
  }
  EXPECT_GT(kept, 0) << soak.errors();
}

}  // namespace
}  // namespace headwater::rig
