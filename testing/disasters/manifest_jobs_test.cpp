// The CI jobs in deploy/ci, as far as they need no CI: their commands, with `docker run` replaced by
// the program.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/yaml/node.h"
#include "src/yaml/parse.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

/// The texts of all entries named `key`, or of their lists.
void collect(const yaml::Node& node, const std::string& key, std::vector<std::string>& texts) {
  for (const yaml::Node& item : node.items) collect(item, key, texts);
  for (const yaml::Entry& entry : node.entries) {
    if (entry.key != key) {
      collect(entry.value, key, texts);
      continue;
    }
    if (entry.value.is_scalar()) texts.push_back(entry.value.text);
    for (const yaml::Node& item : entry.value.items) texts.push_back(item.text);
  }
}

std::vector<std::string> commands_in(const std::string& job, const std::string& key) {
  const yaml::Parsed parsed =
      yaml::parse(contents(std::string(HEADWATER_ROOT) + "/deploy/ci/" + job), {});
  EXPECT_TRUE(parsed.problems.empty());
  std::vector<std::string> commands;
  for (const yaml::Node& document : parsed.documents) collect(document, key, commands);
  return commands;
}

/// Runs a job's command as its shell does, in a checkout.
Outcome run_command(const std::string& command, const std::string& checkout) {
  const std::string program = std::string("headwater() { ") + HEADWATER + " \"$@\"; }\n";
  const std::string docker =
      "HEADWATER_IMAGE=headwater\n"
      "docker() { while [[ $1 != \"$HEADWATER_IMAGE\" ]]; do shift; done; \"$@\"; }\n";
  return run({.words = {"/bin/bash", "-ec", program + docker + command}, .folder = checkout});
}

class Checkout {
 public:
  explicit Checkout(const std::string& replicas) {
    std::filesystem::create_directory(folder_.path() / "deploy");
    std::string manifest = contents(HEADWATER_ROOT "/deploy/kubernetes/relay.yaml");
    const std::string one = "replicas: 1";
    manifest.replace(manifest.find(one), one.size(), "replicas: " + replicas);
    write_file(folder_ / "deploy/relay.yaml", manifest);
  }
  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
};

TEST(manifest_jobs, OfGithub) {
  const std::vector<std::string> commands = commands_in("github.yaml", "run");
  ASSERT_EQ(commands.size(), 2U);
  const Checkout good("1");
  EXPECT_EQ(run_command(commands[0], good.path()).exit.code, 0);
  const Checkout drifted("3");
  const Outcome outcome = run_command(commands[0], drifted.path());
  EXPECT_EQ(outcome.exit.code, 1);
  EXPECT_TRUE(outcome.output.starts_with("deploy/relay.yaml:")) << outcome.output;
  EXPECT_EQ(run_command(commands[1], drifted.path()).exit.code, 0);
  EXPECT_NE(contents(drifted / "relays.sarif").find("\"ruleId\": \"replicas\""), std::string::npos);
}

TEST(manifest_jobs, OfGitlab) {
  const std::vector<std::string> commands = commands_in("gitlab.yaml", "script");
  const std::vector<std::string> after = commands_in("gitlab.yaml", "after_script");
  ASSERT_EQ(commands.size(), 1U);
  ASSERT_EQ(after.size(), 1U);
  const Checkout good("1");
  EXPECT_EQ(run_command(commands[0], good.path()).exit.code, 0);
  const Checkout drifted("3");
  EXPECT_EQ(run_command(commands[0], drifted.path()).exit.code, 1);
  EXPECT_EQ(run_command(after[0], drifted.path()).exit.code, 0);
  EXPECT_NE(contents(drifted / "relays.json").find("\"rule\": \"replicas\""), std::string::npos);
}

TEST(manifest_jobs, StandInTheDocumentationAsTheyAre) {
  const std::string page = contents(HEADWATER_ROOT "/docs/kubernetes.md");
  for (const char* const job : {"github.yaml", "gitlab.yaml"}) {
    const std::string text = contents(std::string(HEADWATER_ROOT) + "/deploy/ci/" + job);
    EXPECT_FALSE(text.empty());
    EXPECT_NE(page.find("```yaml\n" + text + "```"), std::string::npos) << job;
  }
}

}  // namespace
}  // namespace headwater::rig
