#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/mongo_source.h"
#include "testing/mongodb/programs.h"
#include "testing/nats/nats_stream.h"
#include "testing/rig/small_disk.h"
#include "testing/soak/course.h"

namespace headwater::soak {
namespace {

class NatsOnSmallDisk final : public rig::HasSmallDisk, public rig::NatsStream {
 public:
  explicit NatsOnSmallDisk(const rig::TemporaryFolder& folder)
      : HasSmallDisk{rig::SmallDisk(folder / "disk", disk_mebibytes)},
        NatsStream({.data = folder / "disk/data"}) {}
};

std::unique_ptr<rig::StreamUnderTest> nats_on_small_disk(const rig::TemporaryFolder& folder) {
  return std::make_unique<NatsOnSmallDisk>(folder);
}

/// Adds what can happen to a server and to the network between it and the relays.
void add_faults(std::vector<Fault>& faults, rig::ServerUnderTest& server, const std::string& name,
                Random& random) {
  const auto restore = [&server] { server.proxy().restore(); };
  const std::string network = "network to " + name;
  faults.push_back({.name = network + " cut",
                    .weight = 3,
                    .longest = Milliseconds(4'000),
                    .begin = [&server] { server.proxy().cut(); },
                    .end = restore});
  faults.push_back({.name = network + " cut within a request",
                    .weight = 2,
                    .shortest = Milliseconds(500),
                    .longest = Milliseconds(3'000),
                    .begin =
                        [&server, &random] {
                          server.proxy().cut_after(
                              static_cast<std::uint64_t>(any(random, 1, 20'000)));
                        },
                    .end = restore});
  faults.push_back({.name = network + " silent",
                    .shortest = Milliseconds(1'000),
                    .longest = Milliseconds(12'000),
                    .begin = [&server] { server.proxy().silence(); },
                    .end = restore});
  faults.push_back({.name = network + " loses replies",
                    .weight = 2,
                    .shortest = Milliseconds(200),
                    .longest = Milliseconds(4'000),
                    .begin = [&server] { server.proxy().lose_replies(); },
                    .end = restore});
  faults.push_back({.name = name + " killed",
                    .longest = Milliseconds(2'000),
                    .begin = [&server] { server.kill_server(); },
                    .end = [&server] { server.start_server(); }});
  faults.push_back({.name = name + " stopped",
                    .shortest = Milliseconds(500),
                    .longest = Milliseconds(8'000),
                    .begin = [&server] { server.pause_server(); },
                    .end = [&server] { server.resume_server(); }});
}

class MongodbToNats final : public Course {
 public:
  MongodbToNats()
      : mongo_({.kind = rig::real_mongod() ? rig::MongoKind::real : rig::MongoKind::secantus}),
        pipeline_(
            {.source = rig::mongo_source({.kind = rig::kind_of(mongo_.uri()), .server = &mongo_}),
             .harm = rig::Harm::network,
             .stream = &nats_on_small_disk,
             .relay = "takeover_after: 1s\n"}) {}

  [[nodiscard]] std::string name() const override { return "MongoDB -> NATS"; }
  [[nodiscard]] std::string made_of() const override {
    return rig::kind_of(mongo_.uri()) == rig::MongoKind::real
               ? "mongod"
               : "SecantusDB, which syncs each commit, for a mongod";
  }
  [[nodiscard]] rig::Pipeline& pipeline() override { return pipeline_; }

  [[nodiscard]] std::vector<Fault> faults(Random& random) override {
    std::vector<Fault> faults;
    add_faults(faults, *pipeline_.source().server(), "MongoDB", random);
    add_faults(faults, nats(), "NATS", random);
    if (nats().disk.mounted()) {
      // The server stops JetStream when it cannot write. An operator frees space and restarts it.
      faults.push_back({.name = "disk of the stream full",
                        .weight = 2,
                        .shortest = Milliseconds(1'000),
                        .longest = Milliseconds(6'000),
                        .begin = [this] { nats().disk.fill_up(); },
                        .end =
                            [this] {
                              nats().disk.enlarge(disk_mebibytes);
                              nats().kill_server();
                              nats().start_server();
                            }});
    }
    return faults;
  }

  [[nodiscard]] Load load(Random& random) override {
    return {.writers = any(random, 1, 3), .pause = Milliseconds(any(random, 5, 40))};
  }
  /// The independent reader keeps up, because the server's history is limited.
  void look() override { (void)pipeline_.committed(); }

  [[nodiscard]] std::uint64_t published() override { return pipeline_.stream().events().size(); }

  /// The writers do not know whether a change was committed whose reply was lost.
  [[nodiscard]] Findings check(const rig::Tally& /*tally*/) override {
    return {.count = count(pipeline_.changes(), event_ids(pipeline_))};
  }
  void keep() override { keep_disk(pipeline_); }

 private:
  NatsOnSmallDisk& nats() { return dynamic_cast<NatsOnSmallDisk&>(pipeline_.stream()); }

  rig::MongoServer mongo_;
  rig::Pipeline pipeline_;
};

}  // namespace

std::unique_ptr<Course> mongodb_to_nats() { return std::make_unique<MongodbToNats>(); }

}  // namespace headwater::soak
