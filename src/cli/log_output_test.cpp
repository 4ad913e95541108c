#include "src/cli/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

#include "src/cli/test_rig.h"

namespace headwater::cli {
namespace {

/// Both ends of a pipe or a pair of sockets.
struct Ends {
  ~Ends() {
    ::close(in);
    close_out();
  }
  void close_out() {
    if (out >= 0) ::close(out);
    out = -1;
  }
  /// Reads what is available now.
  [[nodiscard]] std::string taken() const {
    ::fcntl(out, F_SETFL, O_NONBLOCK);
    std::string all;
    std::string part(65'536, '\0');
    for (ssize_t size = 0; (size = ::read(out, part.data(), part.size())) > 0;) {
      all.append(part.data(), static_cast<std::size_t>(size));
    }
    return all;
  }
  int in = -1;
  int out = -1;
};

class OutputOf : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::array<int, 2> both{-1, -1};
    if (GetParam()) {
      ASSERT_EQ(::pipe2(both.data(), O_CLOEXEC), 0);
    } else {
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()), 0);
    }
    ends.out = both[0];
    ends.in = both[1];
    output.emplace(ends.in);
  }
  Ends ends;
  std::optional<LogOutput> output;
};

std::string line(int number) { return std::to_string(number) + std::string(100, '.') + "\n"; }

TEST_P(OutputOf, LinesAppearAtOnce) {
  output->put("one\n");
  EXPECT_EQ(ends.taken(), "one\n");
  EXPECT_EQ(output->take_dropped(), 0U);
}

TEST_P(OutputOf, UnreadLinesAreBufferedThenDroppedAndCounted) {
  constexpr int lines_written = 20'000;
  for (int number = 0; number < lines_written; ++number) output->put(line(number));
  // Without space for the report there is no report.
  EXPECT_EQ(output->take_dropped(), 0U);
  std::string all;
  for (std::string more = ends.taken(); !more.empty(); more = ends.taken()) {
    all += more;
    output->flush();
  }
  const std::uint64_t dropped = output->take_dropped();
  EXPECT_GT(dropped, 0U);
  const auto whole = lines(all);
  EXPECT_EQ(whole.size() + dropped, static_cast<std::size_t>(lines_written));
  // From the first on, and none of them cut.
  for (std::size_t number = 0; number < whole.size(); ++number) {
    ASSERT_EQ(whole[number] + "\n", line(static_cast<int>(number)));
  }
  output->put("again\n");
  EXPECT_EQ(ends.taken(), "again\n");
}

TEST_P(OutputOf, AClosedReaderDoesNotBlock) {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  ends.close_out();
  output->put("one\n");
  output->put("two\n");
  EXPECT_EQ(output->take_dropped(), 2U);
}

TEST_P(OutputOf, OtherProcessesStillBlock) { EXPECT_EQ(::fcntl(ends.in, F_GETFL) & O_NONBLOCK, 0); }

INSTANTIATE_TEST_SUITE_P(Log, OutputOf, testing::Bool(), [](const auto& kind) {
  return kind.param ? std::string("pipe") : std::string("socket");
});

}  // namespace
}  // namespace headwater::cli
