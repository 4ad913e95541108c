#include "src/sources/sqlite/adapter.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/base/number_in.h"
#include "src/sources/sqlite/audit/log_audit.h"
#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/read_again.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/database_name.h"
#include "src/sources/sqlite/feed/beside.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_source.h"
#include "src/sources/sqlite/feed/named_position.h"
#include "src/sources/sqlite/standby_table.h"

namespace headwater {
namespace sqlite {
namespace {

using Tables = std::optional<std::vector<std::string>>;

bool same_tables(const Tables& a, const Tables& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  const auto within = [](const auto& these, const auto& those) {
    return std::ranges::all_of(these, [&](const auto& name) { return has_name(those, name); });
  };
  return within(*a, *b) && within(*b, *a);
}

/// A stream's tables are Headwater's own: changes captured from them would be appended to them
/// again, or to a stream that reports each event as an insert.
Result<void> not_a_stream(Database& database) {
  auto application = database.integer("PRAGMA application_id");
  if (!application) return failed(application);
  if (*application != stream_application_id) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.is_a_stream",
               .message = database.path() + " is an embedded stream of Headwater",
               .next = "set the path of the database in the configuration: "
                       "source: { sqlite: { path: ... } }"});
}

std::string named_in_events(const std::string& name) {
  return "in events the database is called " + name + ", whatever its file is called from now on";
}

class SqliteAdapter final : public SourceAdapter {
 public:
  SqliteAdapter(SourceOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override { return "sqlite " + options_.path; }
  [[nodiscard]] std::string file() const override { return options_.path; }
  [[nodiscard]] OnLarge on_large() const override { return options_.policies.large.policy; }

  Result<Report> prepare(const std::string& relay) override {
    auto database = open();
    if (!database) return failed(database);
    if (auto ours = not_a_stream(*database); !ours) return failed(ours);
    auto others = note_others(*database, request(relay));
    if (!others) return others;
    auto report = sqlite::prepare(*database, request(relay));
    if (!report) return report;
    add(*report, *others);
    auto name = fix_name(*database);
    if (!name) return failed(name);
    report->push_back({.kind = Finding::Kind::ok, .what = named_in_events(*name), .next = {}});
    return report;
  }

  Result<Report> remove(const std::string& relay) override {
    auto database = open();
    if (!database) return failed(database);
    auto report = sqlite::remove(*database, relay);
    if (!report) return report;
    if (!load_uuid(*database)) {
      auto dropped = drop_standby_table(*database);
      return dropped ? std::move(report) : failed(dropped);
    }
    // Other relays are still captured: only what the feed keeps for this relay is removed.
    if (auto forgotten = forget_relay(*database, relay); !forgotten) return failed(forgotten);
    return report;
  }

  Report check(const std::string& relay, const std::optional<Tail>& tail) override {
    auto database = open();
    if (!database) return {problem(database.error())};
    if (auto ours = not_a_stream(*database); !ours) return {problem(ours.error())};
    Report report = sqlite::inspect(*database, request(relay));
    if (!load_uuid(*database)) return report;
    auto name = fixed_name(*database);
    report.push_back(
        name ? Finding{.kind = Finding::Kind::ok, .what = named_in_events(*name), .next = {}}
             : problem(name.error()));
    auto history = history_left(*database, scope(relay), tail ? tail->position : Position());
    report.push_back(history ? Finding{.kind = Finding::Kind::ok, .what = *history, .next = {}}
                             : problem(history.error()));
    return report;
  }

  Result<std::unique_ptr<Source>> connect(const std::string& relay) override {
    auto database = open_prepared(options_.path);
    if (!database) return failed(database);
    if (auto ready = prepared(*database, relay); !ready) return failed(ready);
    auto wanted = named_scope(*database, relay);
    if (!wanted) return failed(wanted);
    LogSourceOptions options{.path = options_.path,
                             .scope = *std::move(wanted),
                             .on_lost = options_.policies.on_lost,
                             .history = options_.history};
    auto source = LogSource::connect(std::move(options), *clock_);
    if (!source) return failed(source);
    return std::unique_ptr<Source>(std::move(*source));
  }

  Result<std::unique_ptr<Audit>> audit(const std::string& relay) override {
    auto database = open_prepared(options_.path);
    if (!database) return failed(database);
    auto wanted = named_scope(*database, relay);
    if (!wanted) return failed(wanted);
    auto audit = LogAudit::connect({.path = options_.path,
                                    .scope = *std::move(wanted),
                                    .snapshot = options_.policies.snapshot});
    if (!audit) return failed(audit);
    return std::unique_ptr<Audit>(std::move(*audit));
  }

  std::unique_ptr<HintAdapter> sync_document(Milliseconds lapse_after) override {
    return sources::make_sync_document(make_standby_table(options_.path), lapse_after);
  }

  Result<Position> position(const std::string& relay, const std::string& words) override {
    auto database = open_prepared(options_.path);
    if (!database) return failed(database);
    return named_position(*database, scope(relay), words);
  }

  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    const auto first = parse_position(a);
    const auto second = parse_position(b);
    const bool known = first && second && first->uuid == second->uuid;
    if (known && first->seq != second->seq) return first->seq <=> second->seq;
    return SourceAdapter::order(a, b);
  }

  /// The database notes the request; a running relay sees that.
  Result<std::optional<Position>> read_again(const std::string& relay, const Tail& tail,
                                             const std::vector<std::string>& tables,
                                             const std::string& filter) override {
    auto database = open();
    if (!database) return failed(database);
    if (auto uuid = load_uuid(*database); !uuid) return failed(uuid);
    if (auto ready = prepared(*database, relay); !ready) return failed(ready);
    auto first_open = first_open_task(*database, scope(relay), tail.position);
    if (!first_open) return failed(first_open);
    auto noted = sqlite::read_again(
        *database, {.relay = relay, .tables = tables, .filter = filter, .first_open = *first_open});
    if (!noted) return failed(noted);
    return std::optional<Position>();
  }

  /// `write`: the number of the last row of the change log, as the writer's transaction saw it.
  Result<bool> includes(const std::string& relay, const Position& position,
                        const std::string& write) override {
    const auto number = whole_number<std::int64_t>(write);
    if (!number) {
      return fail(bad_write(write, "a change number: SELECT max(seq) FROM _headwater_log"));
    }
    if (position.empty()) return false;
    auto database = open_prepared(options_.path);
    if (!database) return failed(database);
    return includes_change(*database, relay, position, *number);
  }

  [[nodiscard]] std::string explain(const Position& position) const override {
    return explained(position, std::filesystem::path(options_.path).filename().string());
  }

 private:
  [[nodiscard]] Result<Database> open() const {
    return Database::open(options_.path, Open::read_write, Origin::source);
  }

  [[nodiscard]] CaptureRequest request(const std::string& relay) const {
    return {.relay = relay,
            .tables = options_.tables,
            .snapshot = options_.policies.snapshot,
            .allow_uncaptured = options_.allow_uncaptured};
  }

  /// Options for what produces events.
  [[nodiscard]] Result<FeedScope> named_scope(Database& database, const std::string& relay) const {
    auto name = fixed_name(database);
    if (!name) return failed(name);
    FeedScope named = scope(relay);
    named.database = *std::move(name);
    return named;
  }

  [[nodiscard]] FeedScope scope(const std::string& relay) const {
    return {.relay = relay,
            .database = {},
            .uuid = {},
            .tables = options_.tables,
            .max_change = options_.policies.large.most,
            .on_large = on_large()};
  }

  /// Checks that the relay is registered, for the tables that the configuration names now.
  [[nodiscard]] Result<void> prepared(Database& database, const std::string& relay) const {
    if (auto ours = not_a_stream(database); !ours) return ours;
    auto row = relay_row(database, relay);
    if (!row) return failed(row);
    if (same_tables(row->tables, options_.tables)) return {};
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.not_prepared",
                 .message = options_.path +
                            " was prepared for other tables than the "
                            "configuration names now for relay " +
                            relay,
                 .next = "headwater init -c FILE"});
  }

  SourceOptions options_;
  const Clock* clock_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<SourceAdapter> make_sqlite_source(sqlite::SourceOptions options,
                                                  const Clock& clock) {
  return std::make_unique<sqlite::SqliteAdapter>(std::move(options), clock);
}

}  // namespace headwater
