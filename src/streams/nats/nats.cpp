#include "src/streams/nats/nats.h"

#include <algorithm>
#include <utility>

#include "src/streams/nats/connection.h"
#include "src/streams/nats/end.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/reader.h"
#include "src/streams/nats/settings.h"
#include "src/streams/nats/subject.h"
#include "src/streams/nats/together.h"
#include "src/streams/nats/writer.h"
#include "src/streams/shared/findings.h"

namespace headwater::nats {
namespace {

class Adapter final : public StreamAdapter {
 public:
  Adapter(Options options, Subjects subjects, const Clock& clock)
      : options_(std::move(options)), subjects_(std::move(subjects)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override {
    return "nats stream " + options_.stream + " at " + options_.servers();
  }
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] bool takes_several_relays() const override { return false; }

  Result<std::optional<Milliseconds>> retention_age() override {
    auto connection = Connection::open(options_);
    if (!connection) return failed(connection);
    auto info = connection->info(options_.stream);
    if (!info) return failed(info);
    const std::chrono::nanoseconds age((*info)->Config->MaxAge);
    if (age.count() <= 0) return {std::nullopt};
    return {std::chrono::ceil<Milliseconds>(age)};
  }

  Result<Report> prepare(const std::string& relay) override {
    auto connection = Connection::open(options_);
    if (!connection) return failed(connection);
    if (auto has = connection->has_jetstream(); !has) return failed(has);
    Report report;
    auto info = connection->info(options_.stream);
    if (!info && info.error().name == "stream.not_prepared" && options_.create) {
      if (auto made = create_stream(*connection, options_, subjects_); !made) return failed(made);
      report.push_back({.what = "stream " + options_.stream + ": created"});
      info = connection->info(options_.stream);
    }
    if (!info && info.error().name == "stream.not_prepared") {
      info.error().next = "make it, or let Headwater: stream.nats.create: true";
    }
    if (!info) return failed(info);
    const Report judged = judge(**info, options_, subjects_);
    if (auto safe = streams::without_problems(judged, "stream.unsafe_settings", ""); !safe) {
      return failed(safe);
    }
    add(report, judged);
    auto account = connection->account();
    if (!account) return failed(account);
    add(report, describe_limits(**account));
    auto appends = describe_appends(*connection, **info);
    if (!appends) return failed(appends);
    add(report, *appends);
    auto made =
        connection->make_beside(options_.stream, static_cast<int>((*info)->Config->Replicas));
    if (!made) return failed(made);
    auto tail = describe_tail(*connection, relay);
    if (!tail) return failed(tail);
    report.push_back(*std::move(tail));
    return report;
  }

  Result<Report> remove(const std::string& relay) override {
    Writer writer(relay, options_, subjects_, *clock_);
    if (auto forgot = writer.forget(); !forgot) return failed(forgot);
    return Report{streams::describe_removal(relay, true, options_.stream)};
  }

  Report check(const std::string& relay) override {
    auto connection = Connection::open(options_);
    if (!connection) return {problem(connection.error())};
    if (auto has = connection->has_jetstream(); !has) return {problem(has.error())};
    auto info = connection->info(options_.stream);
    if (!info) return {problem(info.error())};
    Report report = judge(**info, options_, subjects_);
    auto account = connection->account();
    add(report, account ? describe_limits(**account) : Report{problem(account.error())});
    auto appends = describe_appends(*connection, **info);
    add(report, appends ? *appends : Report{problem(appends.error())});
    auto tail = describe_tail(*connection, relay);
    report.push_back(tail ? *std::move(tail) : problem(tail.error()));
    return report;
  }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    auto writer = std::make_unique<Writer>(relay, options_, subjects_, *clock_);
    if (auto opened = writer->open(); !opened) return failed(opened);
    return writer;
  }

  Result<std::unique_ptr<StreamReader>> reader() override {
    auto reader = std::make_unique<Reader>(options_, subjects_);
    if (auto opened = reader->open(); !opened) return failed(opened);
    return reader;
  }

 private:
  /// How appends go, where that is not as everywhere.
  [[nodiscard]] Result<Report> describe_appends(const Connection& connection,
                                                const jsStreamInfo& info) const {
    if (info.Config->Replicas <= 1) return Report{};
    auto takes = together(connection, options_.stream);
    if (!takes) return failed(takes);
    return Report{nats::describe(*takes, options_.stream)};
  }

  [[nodiscard]] Result<Finding> describe_tail(const Connection& connection,
                                              const std::string& relay) const {
    auto end = read_end(connection, options_.stream, subjects_, relay);
    if (!end) return failed(end);
    if (end->misplaced) return fail(misplaced(options_.stream, end->fence.sequence));
    return streams::describe_tail(relay, end->tail);
  }

  Options options_;
  Subjects subjects_;
  const Clock* clock_;
};

}  // namespace

std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock) {
  auto subjects = Subjects::from(options.stream, options.subject);
  if (!subjects) return nullptr;
  return std::make_unique<Adapter>(std::move(options), *std::move(subjects), clock);
}

}  // namespace headwater::nats
