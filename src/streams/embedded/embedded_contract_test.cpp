// The embedded stream passes the contract suite of streams.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_suite.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

namespace fs = std::filesystem;

class EmbeddedRig final : public StreamRig {
 public:
  EmbeddedRig() {
    stream_ = another();
    for (const char* relay : {"a", "b"}) {
      auto prepared = stream_->prepare(relay);
      EXPECT_TRUE(prepared) << prepared.error().message;
    }
  }
  ~EmbeddedRig() override {
    stream_.reset();
    lock_.reset();
  }

  StreamAdapter& stream() override { return *stream_; }
  std::unique_ptr<StreamAdapter> another() override {
    return embedded::make_stream({.path = path()}, clock_);
  }
  [[nodiscard]] rig::Command child(const std::vector<std::string>& arguments) const override {
    rig::Command command{.words = {HEADWATER_EMBEDDED_CHILD, path()}};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    return command;
  }
  void recreate() override {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path() + suffix);
    EXPECT_TRUE(stream_->prepare("a"));
  }
  std::unique_ptr<StreamAdapter> with_retention(Milliseconds age, const Clock& clock) override {
    return embedded::make_stream({.path = path(), .retention = {.age = age}}, clock);
  }

  bool obstruct() override {
    auto lock = sqlite::Database::open(path(), sqlite::Open::read_write, Origin::stream);
    if (!lock || !lock->execute("BEGIN IMMEDIATE")) return false;
    lock_.emplace(std::move(*lock));
    return true;
  }
  void relieve() override { lock_.reset(); }

  bool keep_copy() override {
    auto database = sqlite::Database::open(path(), sqlite::Open::read_write, Origin::stream);
    return database && database->execute("VACUUM INTO " + sqlite::quote_text(path() + ".copy"));
  }
  void go_back() override {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path() + suffix);
    fs::rename(path() + ".copy", path());
  }

 private:
  [[nodiscard]] std::string path() const { return folder_ / "events.db"; }

  SystemClock clock_;
  rig::TemporaryFolder folder_;
  std::unique_ptr<StreamAdapter> stream_;
  std::optional<sqlite::Database> lock_;
};

std::unique_ptr<StreamRig> make_rig() { return std::make_unique<EmbeddedRig>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, StreamSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Embedded, StreamReaderSuite, ::testing::Values(&make_rig));

}  // namespace
}  // namespace headwater::testing
