// The JetStream stream passes the contract suite of streams, on a real server.
#include <memory>
#include <string>
#include <vector>

#include "src/streams/nats/nats.h"
#include "testing/contract/stream_suite.h"
#include "testing/nats/nats_server.h"

namespace headwater::testing {
namespace {

class NatsRig final : public StreamRig {
 public:
  NatsRig() {
    stream_ = another();
    auto prepared = stream_->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
  }

  StreamAdapter& stream() override { return *stream_; }
  std::unique_ptr<StreamAdapter> another() override {
    return nats::make_stream({.urls = {server_.url()}}, clock_);
  }
  [[nodiscard]] rig::Command child(const std::vector<std::string>& arguments) const override {
    rig::Command command{.words = {HEADWATER_NATS_CHILD, server_.url()}};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    return command;
  }
  [[nodiscard]] bool shared() const override { return false; }
  [[nodiscard]] bool whole_appends() const override { return false; }
  void recreate() override {
    server_.remove("EVENTS");
    EXPECT_TRUE(stream_->prepare("a"));
  }
  std::unique_ptr<StreamAdapter> with_retention(Milliseconds /*age*/,
                                                const Clock& /*clock*/) override {
    return nullptr;
  }

  bool obstruct() override {
    server_.set_writable("EVENTS", false);
    return true;
  }
  void relieve() override { server_.set_writable("EVENTS", true); }
  bool pause() override {
    server_.pause();
    return true;
  }
  void resume() override { server_.resume(); }

  bool keep_copy() override {
    server_.keep_copy();
    return true;
  }
  void go_back() override { server_.go_back(); }

 private:
  SystemClock clock_;
  rig::NatsServer server_;
  std::unique_ptr<StreamAdapter> stream_;
};

std::unique_ptr<StreamRig> make_rig() { return std::make_unique<NatsRig>(); }

INSTANTIATE_TEST_SUITE_P(Nats, StreamSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Nats, StreamReaderSuite, ::testing::Values(&make_rig));

}  // namespace
}  // namespace headwater::testing
