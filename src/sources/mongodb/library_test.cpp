#include "src/sources/mongodb/server/library.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace headwater::mongodb {
namespace {

TEST(Library, LeavesNothingInSharedMemoryEvenIfKilled) {
  start_library();
  EXPECT_FALSE(std::filesystem::exists("/dev/shm/mongoc-" + std::to_string(::getpid())));
}

}  // namespace
}  // namespace headwater::mongodb
