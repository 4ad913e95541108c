// The Redis Stream passes the contract suite of streams, on a real server.
#include <memory>
#include <string>
#include <vector>

#include "src/streams/redis/redis.h"
#include "testing/contract/stream_suite.h"
#include "testing/redis/redis_server.h"

namespace headwater::testing {
namespace {

class RedisRig final : public StreamRig {
 public:
  RedisRig() {
    stream_ = another();
    for (const char* relay : {"a", "b"}) {
      auto prepared = stream_->prepare(relay);
      EXPECT_TRUE(prepared) << prepared.error().message;
    }
  }

  StreamAdapter& stream() override { return *stream_; }
  std::unique_ptr<StreamAdapter> another() override {
    return redis::make_stream(options(), clock_);
  }
  [[nodiscard]] rig::Command child(const std::vector<std::string>& arguments) const override {
    rig::Command command{.words = {HEADWATER_REDIS_CHILD, server_.url()}};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    return command;
  }
  void recreate() override {
    EXPECT_EQ(server_.text({"DEL", "events", "{events}:headwater"}), "2");
    EXPECT_TRUE(stream_->prepare("a"));
  }
  std::unique_ptr<StreamAdapter> with_retention(Milliseconds age, const Clock& clock) override {
    redis::Options forgetful = options();
    forgetful.retention.age = age;
    return redis::make_stream(forgetful, clock);
  }

  bool obstruct() override {
    server_.set("maxmemory", "1");
    return true;
  }
  void relieve() override { server_.set("maxmemory", "0"); }

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
  [[nodiscard]] redis::Options options() const {
    redis::Options options;
    options.server = redis::parse_url(server_.url()).value();
    return options;
  }

  SystemClock clock_;
  rig::RedisServer server_;
  std::unique_ptr<StreamAdapter> stream_;
};

std::unique_ptr<StreamRig> make_rig() { return std::make_unique<RedisRig>(); }

INSTANTIATE_TEST_SUITE_P(Redis, StreamSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Redis, StreamReaderSuite, ::testing::Values(&make_rig));

}  // namespace
}  // namespace headwater::testing
