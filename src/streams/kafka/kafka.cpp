#include "src/streams/kafka/kafka.h"

#include <utility>

#include "src/base/number_in.h"
#include "src/streams/kafka/admin.h"
#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/errors.h"
#include "src/streams/kafka/inspect.h"
#include "src/streams/kafka/reader.h"
#include "src/streams/kafka/writer.h"
#include "src/streams/shared/findings.h"

namespace headwater::kafka {
namespace {

constexpr Milliseconds prepare_patience{10'000};
// A transaction costs a broker some ten requests, for one event as for a thousand.
constexpr Milliseconds usual_pause{10};

class Adapter final : public StreamAdapter {
 public:
  Adapter(Options options, const Clock& clock) : options_(std::move(options)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override {
    return "Kafka topic " + options_.topic + " on " + options_.brokers;
  }
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] Ordering ordering() const override {
    return options_.partitions > 1 ? Ordering::for_key : Ordering::total;
  }
  /// A transactional id fences its topic as a whole.
  [[nodiscard]] bool takes_several_relays() const override { return false; }
  [[nodiscard]] Milliseconds append_pause() const override { return usual_pause; }

  Result<std::optional<Milliseconds>> retention_age() override {
    const Deadline deadline(*clock_, prepare_patience);
    auto client = Client::open(options_, Role::asker);
    if (!client) return failed(client);
    auto settings = settings_of(**client, options_.topic, deadline);
    if (!settings) return failed(settings);
    if ((*settings)["cleanup.policy"].find("delete") == std::string::npos) return {std::nullopt};
    const auto age = whole_number<std::int64_t>((*settings)["retention.ms"]);
    if (!age || *age < 0) return {std::nullopt};
    return {Milliseconds(*age)};
  }

  Result<Report> prepare(const std::string& relay) override {
    const Deadline deadline(*clock_, prepare_patience);
    const Deadline soon(*clock_, options_.create ? prepare_patience : Milliseconds(0));
    auto client = Client::open(options_, Role::asker);
    if (!client) return failed(client);
    Report report;
    if (options_.create) {
      for (const NewTopic& topic : wanted()) {
        auto made = make(**client, topic, deadline);
        if (!made) return failed(made);
        report.push_back(*std::move(made));
      }
    }
    const auto inspect = [&] { return inspect_topics(options_, **client, deadline); };
    auto found = once_known(**client, soon, inspect);
    if (!found) return failed(found);
    const std::string where = "Kafka " + options_.brokers + ": ";
    if (auto good = streams::without_problems(*found, "stream.bad_setting", where); !good) {
      return failed(good);
    }
    Writer writer(relay, options_, *clock_);
    auto tail = once_known(**client, soon, [&] { return writer.tail(); });
    if (!tail) return failed(tail);
    report.push_back(streams::describe_tail(relay, tail->tail()));
    return report;
  }

  Result<Report> remove(const std::string& relay) override {
    auto forgotten = Writer(relay, options_, *clock_).forget();
    if (!forgotten) {
      if (forgotten.error().name != "stream.not_prepared") return failed(forgotten);
      return Report{{.what = "topic " + options_.topic + ": is not there; nothing to remove"}};
    }
    return Report{streams::describe_removal(relay, *forgotten, options_.positions_topic())};
  }

  Report check(const std::string& relay) override {
    const Deadline deadline(*clock_, prepare_patience);
    auto client = Client::open(options_, Role::asker);
    if (!client) return {problem(client.error())};
    auto report = inspect_topics(options_, **client, deadline);
    if (!report) return {problem(report.error())};
    auto tail = Writer(relay, options_, *clock_).tail();
    report->push_back(tail ? streams::describe_tail(relay, tail->tail()) : problem(tail.error()));
    return *std::move(report);
  }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    auto writer = std::make_unique<Writer>(relay, options_, *clock_);
    // What a person must fix is reported now; a broker that is down may come back.
    if (auto found = writer->tail(); !found && found.error().remedy == Remedy::stop) {
      return failed(found);
    }
    return writer;
  }

  Result<std::unique_ptr<StreamReader>> reader() override {
    auto reader = std::make_unique<Reader>(options_, *clock_);
    if (auto opened = reader->open(); !opened) return failed(opened);
    return reader;
  }

 private:
  [[nodiscard]] std::vector<NewTopic> wanted() const {
    const std::string largest = std::to_string(options_.max_event);
    NewTopic events{
        .name = options_.topic,
        .partitions = options_.partitions,
        .replicas = options_.replicas,
        // Retention by age must not depend on a relay's clock: a record dated far in the
        // future would keep its segment, and all later ones, for so long.
        .settings = {{"max.message.bytes", largest}, {"message.timestamp.type", "LogAppendTime"}}};
    if (options_.tombstones) events.settings["cleanup.policy"] = "compact";
    // Small segments: only what is in older ones is compacted.
    const NewTopic positions{
        .name = options_.positions_topic(),
        .partitions = 1,
        .replicas = options_.replicas,
        .settings = {{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}}};
    return {events, positions};
  }

  static Result<Finding> make(const Client& client, const NewTopic& topic,
                              const Deadline& deadline) {
    auto there = shape_of(client, topic.name, deadline);
    if (there) return Finding{.what = "topic " + topic.name + ": is there"};
    if (there.error().name != "stream.not_prepared") return failed(there);
    auto made = create_topic(client, topic, deadline);
    if (!made) return failed(made);
    return Finding{.what = "topic " + topic.name + ": created"};
  }

  Options options_;
  const Clock* clock_;
};

}  // namespace

std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock) {
  return std::make_unique<Adapter>(std::move(options), clock);
}

}  // namespace headwater::kafka
