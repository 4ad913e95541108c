// The demo as a person runs it: the real program, real processes, real kills.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>

namespace headwater {
namespace {

struct Ran {
  int status = -1;
  std::string output;
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> buffer{};
  while (::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
    ran.output += buffer.data();
  }
  ran.status = ::pclose(pipe);
  return ran;
}

/// The two figures of a line of the audit: by `headwater verify`, and by hand.
std::pair<std::string, std::string> figures(const std::string& output, const std::string& label) {
  std::smatch found;
  const std::regex line(label + R"( +([0-9,]+) +([0-9,]+))");
  if (!std::regex_search(output, found, line)) return {"none", "none"};
  return {found[1], found[2]};
}

class DemoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "headwater-demo-test-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string folder;
};

TEST_F(DemoTest, EndsWithACleanAudit) {
  const Ran demo = run(HEADWATER_PROGRAM " demo --seconds 4 --folder " + folder);
  EXPECT_EQ(demo.status, 0) << demo.output;
  const auto committed = figures(demo.output, "changes committed");
  EXPECT_NE(committed.first, "0");
  EXPECT_EQ(committed.first, committed.second) << demo.output;
  EXPECT_EQ(figures(demo.output, "events in the stream"), committed) << demo.output;
  for (const char* label : {"lost", "repeated", "out of order"}) {
    EXPECT_EQ(figures(demo.output, label), std::make_pair(std::string("0"), std::string("0")))
        << label << demo.output;
  }
  EXPECT_NE(demo.output.find("The audit, after 6 kills"), std::string::npos) << demo.output;
  EXPECT_NE(demo.output.find("100 rows that existed before"), std::string::npos);
}

TEST_F(DemoTest, TheCommandsItPrintsWork) {
  const Ran demo = run(HEADWATER_PROGRAM " demo --seconds 1 --folder " + folder);
  ASSERT_EQ(demo.status, 0) << demo.output;
  const std::string config = " -c " + folder + "/headwater.yaml";
  for (const std::string& command :
       {" tail" + config + " -n 5", " verify" + config, " position" + config + " show"}) {
    EXPECT_NE(demo.output.find(command), std::string::npos) << command;
    const Ran ran = run(HEADWATER_PROGRAM + command);
    EXPECT_EQ(ran.status, 0) << ran.output;
    EXPECT_FALSE(ran.output.empty());
  }
}

TEST_F(DemoTest, RefusesAFolderThatIsInUse) {
  ASSERT_EQ(run("touch " + folder + "/mine").status, 0);
  const Ran demo = run(HEADWATER_PROGRAM " demo --seconds 1 --folder " + folder);
  EXPECT_NE(demo.status, 0);
  EXPECT_NE(demo.output.find("is not empty"), std::string::npos) << demo.output;
}

}  // namespace
}  // namespace headwater
