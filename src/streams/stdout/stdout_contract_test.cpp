// The stdout stream passes the applicable part of the contract suite of streams. Its output goes to
// a file, which the suite reads.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "src/event/event.h"
#include "src/streams/stdout/stdout.h"
#include "testing/contract/stream_suite.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

class StdoutRig final : public StreamRig {
 public:
  StdoutRig()
      : output_(
            ::open((folder_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
        stream_(another()) {
    EXPECT_TRUE(stream_->prepare("a"));
  }
  ~StdoutRig() override {
    relieve_lock();
    ::close(output_);
  }

  StreamAdapter& stream() override { return *stream_; }
  std::unique_ptr<StreamAdapter> another() override {
    return stdout_stream::make_stream({.position = folder_ / "position", .descriptor = output_});
  }
  [[nodiscard]] rig::Command child(const std::vector<std::string>& arguments) const override {
    rig::Command command{.words = {HEADWATER_STDOUT_CHILD, folder_ / "position"},
                         .output = folder_ / "output"};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    return command;
  }

  [[nodiscard]] bool shared() const override { return false; }
  [[nodiscard]] bool readable() const override { return false; }
  std::vector<std::string> ids() override {
    std::vector<std::string> ids;
    std::istringstream lines(rig::contents(folder_ / "output"));
    for (std::string line; std::getline(lines, line);) {
      auto stored = event_from_json(line);
      EXPECT_TRUE(stored) << line;
      if (!stored) continue;
      EXPECT_EQ(stored->sequence, ids.size() + 1);
      ids.push_back(stored->event.id);
    }
    return ids;
  }
  std::unique_ptr<StreamAdapter> with_retention(Milliseconds /*age*/,
                                                const Clock& /*clock*/) override {
    return nullptr;
  }

  bool obstruct() override {
    lock_ = ::open((folder_ / "position.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    return ::flock(lock_, LOCK_EX) == 0;
  }
  void relieve() override { relieve_lock(); }

 private:
  void relieve_lock() {
    if (lock_ >= 0) ::close(lock_);
    lock_ = -1;
  }

  rig::TemporaryFolder folder_;
  int output_;
  int lock_ = -1;
  std::unique_ptr<StreamAdapter> stream_;
};

std::unique_ptr<StreamRig> make_rig() { return std::make_unique<StdoutRig>(); }

INSTANTIATE_TEST_SUITE_P(Stdout, StreamSuite, ::testing::Values(&make_rig));
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StreamReaderSuite);

}  // namespace
}  // namespace headwater::testing
