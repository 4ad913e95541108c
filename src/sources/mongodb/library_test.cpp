#include "src/sources/mongodb/server/library.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

namespace headwater::mongodb {
namespace {

std::string counters_of(pid_t process) { return "/mongoc-" + std::to_string(process); }

/// What this program says on stderr when it starts as a process that waits for `prepare(id)`.
template <class Prepare>
std::string errors_of_a_start(const Prepare& prepare) {
  std::array<int, 2> go{};
  std::array<int, 2> errors{};
  EXPECT_EQ(::pipe2(go.data(), O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(errors.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char begin = 0;
    if (::read(go[0], &begin, 1) != 1) ::_exit(2);
    ::dup2(errors[1], STDERR_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    ::execl("/proc/self/exe", "mongodb_test", "--gtest_list_tests", nullptr);
    ::_exit(2);
  }
  ::close(errors[1]);
  prepare(child);
  EXPECT_EQ(::write(go[1], "g", 1), 1);
  std::string said;
  std::array<char, 512> part{};
  for (ssize_t size = 0; (size = ::read(errors[0], part.data(), part.size())) > 0;)
    said.append(part.data(), static_cast<std::size_t>(size));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const int end : {go[0], go[1], errors[0]}) ::close(end);
  return said;
}

TEST(Library, LeavesNothingInSharedMemoryEvenIfKilled) {
  start_library();
  EXPECT_FALSE(std::filesystem::exists("/dev/shm" + counters_of(::getpid())));
}

TEST(Library, IsSilentAboutWhatAKilledProcessOfItsNumberLeft) {
  EXPECT_EQ(errors_of_a_start([](pid_t process) {
              const int left =
                  ::shm_open(counters_of(process).c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
              EXPECT_GE(left, 0);
              ::close(left);
            }),
            "");
}

}  // namespace
}  // namespace headwater::mongodb
