#include "src/sources/rethinkdb/adapter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/sources/rethinkdb/audit/rethink_audit.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/feed/rethink_source.h"
#include "src/sources/rethinkdb/inspect.h"
#include "src/sources/rethinkdb/prepare.h"
#include "src/sources/shared/errors.h"
#include "src/sources/shared/request_id.h"

namespace headwater {
namespace rethinkdb {
namespace {

class RethinkAdapter final : public SourceAdapter {
 public:
  RethinkAdapter(SourceOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override { return "rethinkdb " + options_.place(); }
  [[nodiscard]] bool publishes_the_same_as(const SourceAdapter& other) const override {
    const auto* that = dynamic_cast<const RethinkAdapter*>(&other);
    return that != nullptr && that->describe() == describe();
  }
  [[nodiscard]] Ordering ordering() const override { return Ordering::for_key; }
  [[nodiscard]] OnLarge on_large() const override { return options_.policies.large.policy; }

  Result<Report> prepare(const std::string& relay) override {
    const SourceOptions patient = without_haste();
    Session session(patient);
    return rethinkdb::prepare(session, relay);
  }
  Result<Report> remove(const std::string& relay) override {
    const SourceOptions patient = without_haste();
    Session session(patient);
    return rethinkdb::remove(session, relay);
  }
  Report check(const std::string& relay, const std::optional<Tail>& tail) override {
    Session session(options_);
    Report report = inspect(session, relay);
    // A source that is opened would fail for the same.
    const bool has_problem = std::ranges::any_of(
        report, [](const Finding& each) { return each.kind == Finding::Kind::problem; });
    if (!tail || tail->position.empty() || has_problem) return report;
    auto source = connect(relay);
    if (!source) return {problem(source.error())};
    if (auto opened = (*source)->open(tail->position); !opened)
      report.push_back(problem(opened.error()));
    return report;
  }

  Result<Position> beginning(const std::string& relay) override {
    RethinkSource source(options_, relay, *clock_);
    if (auto connected = source.connect(); !connected) return failed(connected);
    return source.beginning_of_stream();
  }

  Result<std::unique_ptr<Source>> connect(const std::string& relay) override {
    auto source = std::make_unique<RethinkSource>(options_, relay, *clock_);
    if (auto connected = source->connect(); !connected) return failed(connected);
    return source;
  }

  Result<std::unique_ptr<Audit>> audit(const std::string& relay) override {
    auto audit = RethinkAudit::connect(options_, relay);
    if (!audit) return failed(audit);
    return *std::move(audit);
  }

  Result<Position> position(const std::string& relay, const std::string& words) override {
    RethinkSource source(options_, relay, *clock_);
    if (auto connected = source.connect(); !connected) return failed(connected);
    if (words == "earliest") return source.first();
    if (words == "latest") return source.latest();
    if (auto opened = source.open({words}); !opened) return failed(opened);
    return Position{words};
  }

  Result<std::optional<Position>> read_again(const std::string& relay, const Tail& tail,
                                             const std::vector<std::string>& tables,
                                             const std::string& filter) override {
    if (tail.position.empty()) return fail(sources::not_begun_error(relay));
    auto at = decode(tail.position);
    if (!at) return failed(at);
    for (const std::string& table : tables) {
      if (table != options_.table && table != options_.words())
        return fail(no_such_table(relay, table));
    }
    if (!filter.empty()) return fail(no_filter());
    if (at->snapshot) return fail(sources::snapshot_running_error(relay));
    at->snapshot = Walk{.id = sources::request_id(tail), .again = true};
    return std::optional(encode(*at));
  }

  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    const auto first = decode(a);
    const auto second = decode(b);
    const bool known = first && second && first->journal == second->journal;
    if (!known || first->released == second->released) return SourceAdapter::order(a, b);
    return first->released <=> second->released;
  }

  [[nodiscard]] std::string explain(const Position& position) const override {
    const auto at = decode(position);
    if (!at) return position.token;
    std::string words = "what " + options_.words() + " had published by release " +
                        std::to_string(at->released) + ", and changes of " +
                        std::to_string(at->published.size()) + " documents since";
    if (at->snapshot)
      words += "; reading its rows, " + std::to_string(at->snapshot->done) + " so far";
    return words;
  }

 private:
  /// An index may take hours to build.
  [[nodiscard]] SourceOptions without_haste() const {
    SourceOptions patient = options_;
    patient.timeout = std::max<Milliseconds>(patient.timeout, std::chrono::hours(24));
    return patient;
  }
  static Error usage(std::string name, std::string message, std::string next) {
    return {.remedy = Remedy::stop,
            .origin = Origin::usage,
            .name = std::move(name),
            .message = std::move(message),
            .next = std::move(next)};
  }
  [[nodiscard]] Error no_such_table(const std::string& relay, const std::string& table) const {
    return usage("source.no_such_table", "relay " + relay + " publishes no " + table,
                 "headwater snapshot -c FILE " + options_.words());
  }
  [[nodiscard]] Error no_filter() const {
    return usage("source.no_filter",
                 "documents of " + options_.words() + " can only be read again all together",
                 "headwater snapshot -c FILE " + options_.words() + ", without --where");
  }

  SourceOptions options_;
  const Clock* clock_;
};

}  // namespace
}  // namespace rethinkdb

std::unique_ptr<SourceAdapter> make_rethinkdb_source(rethinkdb::SourceOptions options,
                                                     const Clock& clock) {
  return std::make_unique<rethinkdb::RethinkAdapter>(std::move(options), clock);
}

}  // namespace headwater
