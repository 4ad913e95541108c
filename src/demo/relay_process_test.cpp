#include "src/demo/relay_process.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <string>

#include "testing/rig/temporary_folder.h"

namespace headwater::demo {
namespace {

/// A relay whose log is `lines`, after it has ended.
RelayProcess logged(const std::string& lines) {
  const rig::TemporaryFolder folder;
  const std::string program = folder / "relay";
  rig::write_file(program, "#!/bin/sh\ncat >&2 <<'END'\n" + lines + "END\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  Stage stage;
  stage.errors = folder / "errors";
  RelayProcess relay("one");
  EXPECT_TRUE(relay.start(program, stage));
  while (relay.descriptor() >= 0) {
    pollfd wait{.fd = relay.descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, -1), 1);
    relay.look();
  }
  return relay;
}

TEST(DemoRelayProcess, KeepsTheLastComplaint) {
  EXPECT_EQ(logged(R"({"event":"relay.leading","level":"info","message":"leading"})"
                   "\n"
                   R"({"event":"stream.disk_full","level":"error","message":"no room"})"
                   "\n")
                .complaint(),
            "no room");
}

TEST(DemoRelayProcess, AnUnreadableLineIsAComplaint) {
  for (const char* line :
       {"Segmentation fault", "[]", "7", R"({"event":[],"level":"warn","message":{}})",
        R"({"event":7,"level":"error","message":null})", R"({"level":"error"})"}) {
    EXPECT_EQ(logged(std::string(line) + "\n").complaint(), line);
  }
}

TEST(DemoRelayProcess, MembersOfAnotherTypeAreIgnored) {
  EXPECT_EQ(logged(R"({"event":-1,"level":1e300,"message":"x"})"
                   "\n")
                .complaint(),
            "");
}

}  // namespace
}  // namespace headwater::demo
