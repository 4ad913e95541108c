// A stream that three servers keep: its leader dies, a follower dies, under load, with two writers
// that do not know of each other.
#include <nats/nats.h>

#include <atomic>
#include <functional>
#include <future>
#include <iostream>
#include <random>
#include <string>

#include "src/streams/nats/cluster_stream.h"
#include "src/streams/nats/test_stream.h"
#include "testing/disasters/long_run.h"

namespace headwater::nats {
namespace {

class NatsInCluster : public ClusterStream {
 protected:
  /// Appends as a relay does until it is told to stop, events of `bytes` or of all sizes; the error
  /// that it would end with.
  [[nodiscard]] Result<void> write(std::uint64_t seed, const std::atomic<bool>& stop,
                                   std::size_t bytes = 0) {
    std::mt19937_64 random(seed);
    std::unique_ptr<StreamWriter> writer;
    while (!stop) {
      if (!writer) {
        auto made = stream()->writer("a");
        if (!made && made.error().remedy == Remedy::stop) return failed(made);
        if (!made) continue;
        writer = *std::move(made);
      }
      auto tail = writer->tail();
      while (tail && !stop) {
        const std::uint64_t done = testing::counted(tail->tail().position);
        const std::uint64_t count = 1 + random() % 200;
        auto events = testing::sample_batch("a", done + 1, count);
        for (Event& event : events) {
          if (bytes > 0) event.data.assign(bytes, 'x');
        }
        auto appended = writer->append(tail->tail(), events, testing::count_position(done + count),
                                       testing::sample_source);
        if (appended) {
          appended_ += 1;
          tail = std::move(appended);
          continue;
        }
        if (appended.error().remedy == Remedy::stop) return failed(appended);
        troubles_ += 1;
        break;
      }
      if (!tail && tail.error().remedy == Remedy::stop) return failed(tail);
    }
    return {};
  }

  [[nodiscard]] std::uint64_t last() {
    return cluster_.server(cluster_.leader("EVENTS")).last("EVENTS", ">");
  }

  /// By the leader's word.
  [[nodiscard]] bool is_current(std::size_t follower) {
    const std::size_t leader = cluster_.leader("EVENTS");
    return leader == follower ||
           cluster_.server(leader).is_current("EVENTS", "server-" + std::to_string(follower));
  }

  [[nodiscard]] bool goes_on() const {
    const int before = appended_;
    return rig::wait_until([&] { return appended_ > before + 5; });
  }

  /// `kill` does it again and again while two write.
  void run(int rounds, const std::function<std::size_t(std::mt19937_64&)>& choose) {
    std::atomic<bool> stop = false;
    auto one = std::async(std::launch::async, [&] { return write(1, stop); });
    auto other = std::async(std::launch::async, [&] { return write(2, stop); });
    std::mt19937_64 random(rig::seed());
    for (int i = 0; i < rounds; ++i) {
      EXPECT_TRUE(goes_on());
      const std::size_t victim = choose(random);
      cluster_.server(victim).kill();
      EXPECT_TRUE(goes_on());
      cluster_.start(victim, "EVENTS");
    }
    EXPECT_TRUE(goes_on());
    stop = true;
    for (auto* writer : {&one, &other}) {
      const auto ended = writer->get();
      EXPECT_TRUE(ended) << ended.error().message;
    }
    expect_whole();
  }

  /// On every replica that leads.
  void expect_whole() {
    std::vector<std::string> first;
    for (int i = 0; i < 3; ++i) {
      const std::size_t leader = cluster_.leader("EVENTS");
      const auto ids = ids_at(cluster_.server(leader));
      EXPECT_EQ(ids, sample_ids(ids.size()));
      if (first.empty()) first = ids;
      EXPECT_EQ(ids.size(), first.size()) << "what was acknowledged is not on server " << leader;
      cluster_.server(leader).kill();
      EXPECT_NE(cluster_.leader("EVENTS"), leader);
      cluster_.start(leader, "EVENTS");
    }
    RecordProperty("events", static_cast<int>(first.size()));
    RecordProperty("appends", appended_);
    RecordProperty("troubles", troubles_);
    std::cout << first.size() << " events in " << appended_ << " appends, " << troubles_
              << " conflicts and doubts\n";
  }

  std::atomic<int> appended_ = 0;
  std::atomic<int> troubles_ = 0;
};

TEST_F(NatsInCluster, TheLeaderDies) {
  run(rig::long_run() ? 50 : 4, [&](auto&) { return cluster_.leader("EVENTS"); });
}

TEST_F(NatsInCluster, AFollowerDies) {
  run(rig::long_run() ? 50 : 4, [&](auto& random) {
    return (cluster_.leader("EVENTS") + 1 + random() % 2) % rig::NatsCluster::size;
  });
}

/// A follower that was away while the others shortened their log gets the stream itself, not the
/// log, and does not know the last message's id: it has to take all the same what the others take.
TEST_F(NatsInCluster, AFollowerThatCaughtUpTakesWhatTheOthersTake) {
  constexpr std::size_t event_bytes = 20'000;
  constexpr std::uint64_t log_bytes = 8U << 20U;  // is shortened behind these, at most every 10 s
  std::atomic<bool> stop = false;
  auto writing = std::async(std::launch::async, [&] { return write(1, stop, event_bytes); });
  ASSERT_TRUE(goes_on());
  const std::size_t follower = (cluster_.leader("EVENTS") + 1) % rig::NatsCluster::size;
  cluster_.server(follower).kill();
  const auto left = std::chrono::steady_clock::now();
  const std::uint64_t before = last();
  EXPECT_TRUE(rig::wait_until([&] {
    return last() > before + 3 * log_bytes / event_bytes &&
           std::chrono::steady_clock::now() - left > std::chrono::seconds(25);
  }));
  cluster_.server(follower).start();
  EXPECT_TRUE(rig::wait_until([&] { return is_current(follower); }));
  EXPECT_TRUE(goes_on());
  EXPECT_TRUE(goes_on());
  stop = true;
  const auto ended = writing.get();
  EXPECT_TRUE(ended) << ended.error().message;
  const auto ids = ids_at(cluster_.server(cluster_.leader("EVENTS")));
  EXPECT_EQ(ids, sample_ids(ids.size()));
  for (std::size_t leader = cluster_.leader("EVENTS"); leader != follower;
       leader = cluster_.leader("EVENTS")) {
    ASSERT_TRUE(rig::wait_until([&] { return is_current(follower); }));
    cluster_.server(leader).kill();
    EXPECT_NE(cluster_.leader("EVENTS"), leader);
    cluster_.server(leader).start();
  }
  EXPECT_EQ(ids_at(cluster_.server(follower)).size(), ids.size());
}

/// Somebody gives a stream replicas while a relay runs: from its next look on no id is expected.
TEST_F(NatsInCluster, AStreamBecomesReplicated) {
  const auto prepare = [&](Options options) {
    options.urls = cluster_.urls();
    static const SystemClock clock;
    auto made = make_stream(options, clock);
    const auto prepared = made->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
    return made;
  };
  const auto one = prepare({.stream = "ONE", .subject = "one.{key}"});
  auto writer = *one->writer("a");
  const auto expects_id = [&] {
    const auto& server = cluster_.server(cluster_.leader("ONE"));
    return server.headers("ONE", server.last("ONE", ">")).contains("Nats-Expected-Last-Msg-Id");
  };
  ASSERT_TRUE(append(*writer, 3));
  EXPECT_TRUE(expects_id());
  cluster_.server(cluster_.leader("ONE")).edit("ONE", [](jsStreamConfig& c) { c.Replicas = 3; });
  ASSERT_TRUE(rig::wait_until([&] { return append(*writer, 3).has_value(); }));
  EXPECT_FALSE(expects_id());
}

/// A follower that was started after the ids were forgotten takes what the others take.
TEST_F(NatsInCluster, AFollowerHasForgottenTheIds) {
  const auto append_some = [&] {
    auto writer = stream()->writer("a");
    ASSERT_TRUE(writer);
    auto appended = append(**writer, 10);
    ASSERT_TRUE(appended) << appended.error().message;
  };
  append_some();
  const std::size_t leader = cluster_.leader("EVENTS");
  cluster_.server(leader).edit("EVENTS",
                               [](jsStreamConfig& config) { config.Duplicates = 100'000'000; });
  const std::size_t follower = (leader + 1) % rig::NatsCluster::size;
  cluster_.server(follower).kill();
  cluster_.start(follower, "EVENTS");
  append_some();
  append_some();
  expect_whole();
  EXPECT_EQ(ids_at(cluster_.server(cluster_.leader("EVENTS"))), sample_ids(30));
}

}  // namespace
}  // namespace headwater::nats
