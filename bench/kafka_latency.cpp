// A Kafka topic at a steady rate of small commits: how long they take to reach a consumer, and what
// they cost the broker, with and without the relay's pauses between appends.
#include <chrono>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "bench/measurements.h"
#include "bench/steady_load.h"
#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/client.h"
#include "testing/kafka/broker.h"

namespace headwater::bench {
namespace {

constexpr int commits_per_second = 500;
constexpr Milliseconds longest_silence{60'000};

struct Variant {
  std::string name;
  std::string relay_keys;  ///< Lines of the configuration.
};

/// The processor time of the broker and the relay so far.
struct Spent {
  double broker = 0;
  double relay = 0;
};

/// The results of one variant, run by run.
struct Found {
  std::vector<double> p50;
  std::vector<double> p90;
  std::vector<double> p99;
  std::vector<double> rate;     ///< Commits a second that the disk really allowed.
  std::vector<double> appends;  ///< A second.
  std::vector<double> broker;   ///< Cores.
  std::vector<double> relay;    ///< Cores.
};

/// The records that a read_committed consumer gets, with the time.
Result<std::vector<Arrival>> consume(const kafka::Options& topic, std::int64_t count) {
  auto client = kafka::Client::open(topic, kafka::Role::follower);
  if (!client) return failed(client);
  auto handle = (*client)->topic(topic.topic);
  if (!handle) return failed(handle);
  kafka::Partition partition(**client, *std::move(handle), 0, nullptr);
  if (!partition.start(0)) return fail(bench_error("the topic cannot be read"));
  std::vector<Arrival> arrivals;
  arrivals.reserve(static_cast<std::size_t>(count));
  SteadyTime heard = now();
  while (arrivals.size() < static_cast<std::size_t>(count)) {
    const kafka::Message message = partition.next(1000);
    if (now() - heard > longest_silence) return fail(bench_error("no event arrived for a minute"));
    if (!message || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(bench_error(rd_kafka_err2str(message->err)));
    }
    heard = now();
    arrivals.push_back({heard, std::string(kafka::value_of(*message))});
  }
  return arrivals;
}

/// Each append leaves two offsets in the topic of positions: a record and a transaction marker.
Result<double> appends_in(const kafka::Options& topic) {
  const SystemClock clock;
  auto asker = kafka::Asker::open(topic);
  if (!asker) return failed(asker);
  const kafka::Deadline deadline(clock, std::chrono::seconds(10));
  auto ends = (*asker)->ends(topic.positions_topic(), 0, deadline);
  if (!ends) return failed(ends);
  return static_cast<double>(ends->end) / 2;
}

Result<Spent> spent_by(const rig::KafkaBroker& broker, const Process& relay) {
  auto by_broker = processor_seconds(broker.pid());
  if (!by_broker) return failed(by_broker);
  auto by_relay = relay.processor_seconds();
  if (!by_relay) return failed(by_relay);
  return Spent{*by_broker, *by_relay};
}

Result<Site> make_site(const Options& options, const kafka::Options& topic,
                       const Variant& variant) {
  auto site = Site::create(options, "kafka-latency-source");
  if (!site) return site;
  std::ofstream(site->config()) << "relay: bench\n"
                                << variant.relay_keys
                                << "source:\n"
                                   "  sqlite: { path: source.db, tables: [orders] }\n"
                                   "stream:\n"
                                   "  kafka: { brokers: '"
                                << topic.brokers << "', topic: " << topic.topic << " }\n";
  if (auto done = site->create_table(); !done) return failed(done);
  if (auto done = site->init(); !done) return failed(done);
  return site;
}

Result<void> run_once(const Options& options, const rig::KafkaBroker& broker,
                      const Variant& variant, std::int64_t count, Found& found) {
  const kafka::Options topic{.brokers = broker.direct(), .topic = rig::fresh_topic()};
  auto site = make_site(options, topic, variant);
  if (!site) return failed(site);
  auto relay = site->run();
  if (!relay) return failed(relay);
  auto consumer = std::async(std::launch::async, [&] { return consume(topic, count); });
  auto before = spent_by(broker, *relay);
  const SteadyTime start = now();
  auto committed = commit_rows(site->source(), count, commits_per_second);
  auto arrivals = consumer.get();
  const double seconds = seconds_since(start);
  auto after = spent_by(broker, *relay);
  if (!committed) return failed(committed);
  if (!arrivals) return failed(arrivals);
  if (!before) return failed(before);
  if (!after) return failed(after);
  if (auto ended = relay->stop(); !ended) return failed(ended);
  auto appends = appends_in(topic);
  if (!appends) return failed(appends);
  auto spans = spans_from(*committed, *arrivals, commits_per_second);
  if (!spans) return failed(spans);
  found.p50.push_back(percentile(*spans, 50));
  found.p90.push_back(percentile(*spans, 90));
  found.p99.push_back(percentile(*spans, 99));
  found.rate.push_back(static_cast<double>(count) / seconds);
  found.appends.push_back(*appends / seconds);
  found.broker.push_back((after->broker - before->broker) / seconds);
  found.relay.push_back((after->relay - before->relay) / seconds);
  return {};
}

void add_figures(const Variant& variant, const Found& found, bool bounded, Findings& findings) {
  const auto below = [&](double value) {
    return bounded ? std::optional(Bound{Bound::Kind::below, value}) : std::nullopt;
  };
  const auto add = [&](const std::string& name, const std::vector<double>& values,
                       const std::string& unit, std::optional<Bound> bound = std::nullopt) {
    findings.figures.push_back({variant.name + name, median(values), unit, bound});
  };
  add("p50", found.p50, "ms", below(15));
  add("p90", found.p90, "ms");
  add("p99", found.p99, "ms");
  add("commits a second reached", found.rate, "");
  add("appends a second", found.appends, "");
  add("the broker's processor time", found.broker, "cores", below(0.3));
  add("the relay's processor time", found.relay, "cores");
}

}  // namespace

Result<Findings> measure_kafka_latency(const Options& options) {
  const std::int64_t seconds = options.quick ? 3 : 20;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  const std::vector<Variant> variants{{"", ""}, {"without pauses: ", "append_pause: 0ms\n"}};
  const auto folder = options.folder / "kafka-latency";
  std::filesystem::remove_all(folder);
  const rig::KafkaBroker broker(folder);
  const std::int64_t count = seconds * commits_per_second;
  progress("kafka-latency: warming up");
  // A Java process is slow at first.
  Found ignored;
  if (auto done = run_once(options, broker, variants.front(), count / 2, ignored); !done) {
    return failed(done);
  }
  std::vector<Found> found(variants.size());
  for (int i = 0; i < runs; ++i) {
    progress("kafka-latency: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    for (std::size_t each = 0; each < variants.size(); ++each) {
      auto done = run_once(options, broker, variants[each], count, found[each]);
      if (!done) return failed(done);
    }
  }
  Findings findings{
      "streams-kafka-latency",
      "from the return of COMMIT to the record in a read_committed consumer's hands, " +
          std::to_string(commits_per_second) + " commits/s for " + std::to_string(seconds) +
          " s; one broker on the same cores, acks=all; interleaved, " + runs_text(runs),
      {}};
  // With fewer cores, broker, relay, writer and consumer wait for each other.
  const bool four_cores = std::thread::hardware_concurrency() >= 4;
  for (std::size_t each = 0; each < variants.size(); ++each) {
    add_figures(variants[each], found[each], each == 0 && four_cores, findings);
  }
  return findings;
}

}  // namespace headwater::bench
