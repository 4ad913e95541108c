#include <gmock/gmock.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_child.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

using ::testing::HasSubstr;

constexpr Milliseconds long_enough{120'000};

/// The output of a command that must succeed.
std::string output_of(std::vector<std::string> words) {
  words.insert(words.begin(), "/usr/bin/env");
  Process process({.words = words});
  const auto exit = process.wait(long_enough);
  EXPECT_EQ(exit, Exit{}) << process.output() << process.errors();
  return process.output();
}

class LibraryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    output_of({"cmake", "--install", HEADWATER_BUILD, "--component", "library", "--prefix",
               *folder_ / "installed"});
  }
  static void TearDownTestSuite() { folder_.reset(); }

  /// A stream with three events.
  static std::string stream() {
    const std::string path = *folder_ / "events.db";
    const SystemClock clock;
    auto stream = embedded::make_stream({.path = path}, clock);
    EXPECT_TRUE(stream->prepare("a"));
    auto writer = stream->writer("a");
    auto tail = (*writer)->tail();
    if (tail->tail().sequence > 0) return path;
    EXPECT_TRUE((*writer)->append(tail->tail(), testing::sample_batch("a", 1, 3),
                                  testing::count_position(3), testing::sample_source));
    return path;
  }

  static void expect_reads_it(const std::string& program, const std::string& consumer) {
    const std::string output = output_of({program, stream(), consumer});
    EXPECT_THAT(output, HasSubstr("\nplace 3\n"));
    EXPECT_THAT(output, ::testing::StartsWith("1 "));
    EXPECT_EQ(output_of({program, stream(), consumer}), "place 3\n");
  }

  inline static std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(LibraryTest, AProjectOutsideFindsItWithCMake) {
  const std::string build = *folder_ / "with-cmake";
  output_of({"cmake", "-S", HEADWATER_OUTSIDE, "-B", build,
             "-DCMAKE_PREFIX_PATH=" + (*folder_ / "installed"), "-DCMAKE_BUILD_TYPE=Debug"});
  output_of({"cmake", "--build", build});
  expect_reads_it(build + "/outside", "by-cmake");
}

TEST_F(LibraryTest, AProjectOutsideFindsItWithPkgConfig) {
  const std::string program = *folder_ / "with-pkg-config";
  // The library's folder differs between systems.
  output_of(
      {"sh", "-c",
       "set -e; cd " + (*folder_ / "installed") +
           "; lib=$(dirname \"$(find \"$PWD\" -name headwater.pc)\"); "
           "flags=$(PKG_CONFIG_PATH=$lib pkg-config --cflags --libs headwater); " HEADWATER_CXX
           " -std=c++20 -Wall -Wextra -Werror " HEADWATER_OUTSIDE "/main.cpp -o " +
           program + " $flags -Wl,-rpath,\"$(dirname \"$lib\")\""});
  expect_reads_it(program, "by-pkg-config");
}

TEST_F(LibraryTest, ExportsItsNamespaceAndNothingElse) {
  const std::string symbols = output_of(
      {"sh", "-c", "nm -DC --defined-only $(find " + (*folder_ / "installed") + " -name '*.so')"});
  std::size_t ours = 0;
  std::istringstream lines(symbols);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, HasSubstr("headwater::client")) << line;
    ++ours;
  }
  EXPECT_GT(ours, 20U);
}

}  // namespace
}  // namespace headwater::rig
