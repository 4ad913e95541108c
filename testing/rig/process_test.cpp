#include "testing/rig/process.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

Command shell(const std::string& script) { return {.words = {"/bin/sh", "-c", script}}; }

bool alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

TEST(Process, ReportsHowItEnded) {
  const Outcome outcome = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.exit, (Exit{.code = 3, .signal = 0}));
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.errors, "err\n");
}

TEST(Process, KillEndsIt) {
  Process process(shell("exec sleep 1000"));
  EXPECT_TRUE(process.running());
  EXPECT_EQ(process.kill(), (Exit{.code = 0, .signal = SIGKILL}));
  EXPECT_FALSE(alive(process.pid()));
}

TEST(Process, DoesNotOutliveItsOwner) {
  pid_t pid = 0;
  {
    const Process process(shell("exec sleep 1000"));
    pid = process.pid();
    EXPECT_TRUE(alive(pid));
  }
  EXPECT_FALSE(alive(pid));
}

TEST(Process, DoesNothingWhilePaused) {
  Process process(shell("kill -STOP $$; echo woken"));
  ASSERT_TRUE(process.wait_paused());
  EXPECT_EQ(process.output(), "");
  process.resume();
  EXPECT_EQ(process.wait(), Exit{});
  EXPECT_EQ(process.output(), "woken\n");
  EXPECT_FALSE(process.wait_paused(Milliseconds(0)));
}

TEST(Process, PauseReturnsOnceItIsStopped) {
  Process process(shell("exec sleep 1000"));
  process.pause();
  EXPECT_TRUE(process.wait_paused(Milliseconds(0)));
}

TEST(Process, FindsTheDiskFull) {
  const TemporaryFolder folder;
  Command command = shell("head -c 100000 /dev/zero > " + (folder / "file"));
  command.file_limit = 5000;
  EXPECT_NE(run(command).exit.code, 0);
  EXPECT_EQ(std::filesystem::file_size(folder / "file"), 5000U);
}

TEST(Process, IsBoundByPermissionsEvenAsRoot) {
  const TemporaryFolder folder;
  write_file(folder / "file", "as it was");
  ASSERT_EQ(::chmod((folder / "file").c_str(), 0444), 0);
  Command command = shell("echo changed > " + (folder / "file"));
  command.bound_by_permissions = true;
  EXPECT_NE(run(command).exit.code, 0);
  EXPECT_EQ(contents(folder / "file"), "as it was");
}

}  // namespace
}  // namespace headwater::rig
