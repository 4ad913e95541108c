#include "src/streams/redis/redis.h"

#include <utility>

#include "src/base/unique.h"
#include "src/streams/redis/errors.h"
#include "src/streams/redis/inspect.h"
#include "src/streams/redis/keys.h"
#include "src/streams/redis/prepared.h"
#include "src/streams/redis/reader.h"
#include "src/streams/redis/scripts.h"
#include "src/streams/redis/settings.h"
#include "src/streams/redis/writer.h"
#include "src/streams/shared/findings.h"

namespace headwater::redis {
namespace {

class Adapter final : public StreamAdapter {
 public:
  Adapter(Options options, const Clock& clock) : options_(std::move(options)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override {
    return "redis stream " + options_.key + " at " + options_.server.name();
  }
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] bool takes_several_relays() const override { return true; }
  Result<std::optional<Milliseconds>> retention_age() override { return options_.retention.age; }

  Result<Report> prepare(const std::string& relay) override {
    auto connection = Connection::open(options_.server);
    if (!connection) return failed(connection);
    const auto settings = Settings::read(*connection);
    if (!settings) return fail(settings.error());
    Report report = judge(*settings, options_.replicas);
    const std::string where = "Redis " + options_.server.name() + ": ";
    if (auto safe = streams::without_problems(report, "stream.unsafe_settings", where); !safe) {
      return failed(safe);
    }
    const std::string life = unique_name();
    const std::string_view more[] = {life};
    const auto created = run_script(*connection, options_, scripts::prepare, more);
    if (!created) return fail(created.error());
    const Reply answer = created->get();
    if (answer[0].text() == "foreign") {
      return fail(hopeless("stream.other_application",
                           where + options_.key + " already exists, with " +
                               std::to_string(answer[1].integer()) +
                               " entries, but the hash with Headwater's tails is missing",
                           "choose another stream.redis.key; if they were lost, see docs/redis.md, "
                           "\"stream.torn\""));
    }
    const bool is_new = answer[0].text() == "created";
    report.push_back({.what = "stream " + options_.key + (is_new ? ": created" : ": exists") +
                              " (version " + format_version + ")"});
    auto tail = describe_tail(*connection, options_, relay);
    if (!tail) return failed(tail);
    report.push_back(*std::move(tail));
    return report;
  }

  Result<Report> remove(const std::string& relay) override {
    auto connection = Connection::open(options_.server);
    if (!connection) return failed(connection);
    const std::string_view more[] = {relay};
    const auto removed = run_script(*connection, options_, scripts::remove, more);
    if (!removed) return fail(removed.error());
    const bool had = removed->get()[1].integer() > 0;
    return Report{streams::describe_removal(relay, had, options_.key)};
  }

  Report check(const std::string& relay) override { return inspect(options_, relay); }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    auto writer = std::make_unique<Writer>(relay, options_, *clock_);
    if (auto opened = writer->open(); !opened) return failed(opened);
    return writer;
  }

  Result<std::unique_ptr<StreamReader>> reader() override {
    auto reader = std::make_unique<Reader>(options_);
    if (auto opened = reader->open(); !opened) return failed(opened);
    return reader;
  }

 private:
  Options options_;
  const Clock* clock_;
};

}  // namespace

std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock) {
  return std::make_unique<Adapter>(std::move(options), clock);
}

}  // namespace headwater::redis
