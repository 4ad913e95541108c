#include "src/streams/shared/folder.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace headwater::streams {
namespace {

TEST(Folders, AreThoseOfTheirFiles) {
  EXPECT_EQ(folder_of("/var/lib/events.db"), "/var/lib");
  EXPECT_EQ(folder_of("events.db"), ".");
  EXPECT_EQ(folder_of("/events.db"), "/");
}

TEST(Folders, AreSyncedOrSayWhyNot) {
  EXPECT_EQ(sync_folder_of("events.db"), 0);
  EXPECT_EQ(sync_folder_of("/nowhere/at/all/events.db"), ENOENT);
}

}  // namespace
}  // namespace headwater::streams
