#include "src/sources/postgresql/adapter.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "src/sources/postgresql/audit/pg_audit.h"
#include "src/sources/postgresql/feed/pg_log.h"
#include "src/sources/postgresql/feed/pg_tables.h"
#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/postgresql/inspect.h"
#include "src/sources/postgresql/prepare.h"
#include "src/sources/postgresql/standby_table.h"
#include "src/sources/shared/joined_adapter.h"

namespace headwater {
namespace postgresql {
namespace {

class PgAdapter final : public sources::JoinedAdapter {
 public:
  PgAdapter(SourceOptions options, const Clock& clock)
      : JoinedAdapter(clock), options_(std::move(options)) {}

  [[nodiscard]] std::string describe() const override {
    return "postgresql " + without_password(options_.uri) + ", slot " + options_.slot;
  }

  /// Two relays of one slot take each other's changes, too.
  [[nodiscard]] bool publishes_the_same_as(const SourceAdapter& other) const override {
    const auto* that = dynamic_cast<const PgAdapter*>(&other);
    if (that == nullptr || that->options_.uri != options_.uri) return false;
    return that->options_.slot == options_.slot ||
           (that->options_.publication_name() == options_.publication_name()) ||
           (options_.own_publication() && that->options_.own_publication() &&
            overlap(options_.tables, that->options_.tables));
  }

  Result<Report> prepare(const std::string& /*relay*/) override {
    Server server(options_);
    return postgresql::prepare(server);
  }
  Result<Report> remove(const std::string& /*relay*/) override {
    Server server(options_);
    return postgresql::remove(server);
  }
  Report check(const std::string& /*relay*/, const std::optional<Tail>& tail) override {
    Server server(options_);
    return postgresql::inspect(server, tail ? tail->position : Position());
  }

  Result<std::unique_ptr<Audit>> audit(const std::string& /*relay*/) override {
    auto audit = PgAudit::connect(options_, clock());
    if (!audit) return failed(audit);
    return std::unique_ptr<Audit>(*std::move(audit));
  }

  std::unique_ptr<HintAdapter> sync_document(Milliseconds lapse_after) override {
    return sources::make_sync_document(make_standby_table(options_.uri), lapse_after);
  }

  /// Where the slot begins, so that nothing is missed since it was made.
  Result<Position> beginning(const std::string& /*relay*/) override {
    auto connected = parts();
    if (!connected) return failed(connected);
    auto started = connected->log->start(sources::StartAt::oldest, {});
    if (!started) return failed(started);
    return connected->log->position(sources::first_place(options_.policies.snapshot));
  }

  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    const auto first = decode(a);
    const auto second = decode(b);
    const bool known = first && second && first->source == second->source &&
                       first->at.timeline == second->at.timeline;
    if (!known || first->at.lsn == second->at.lsn) return SourceAdapter::order(a, b);
    return first->at.lsn < second->at.lsn ? std::partial_ordering::less
                                          : std::partial_ordering::greater;
  }

  /// `write`: pg_current_wal_insert_lsn() after the commit.
  Result<bool> includes(const std::string& /*relay*/, const Position& position,
                        const std::string& write) override {
    const auto lsn = lsn_from(write);
    if (!lsn) {
      return fail(bad_write(write, "what pg_current_wal_insert_lsn() says after the commit"));
    }
    if (position.empty()) return false;
    auto at = decode(position);
    if (!at) return failed(at);
    return !at->at.inside && !at->place.leaves_out_changes() && at->at.lsn >= end_before(*lsn, 0);
  }

  [[nodiscard]] std::string explain(const Position& position) const override {
    const auto at = decode(position);
    if (!at) return position.token;
    std::string words =
        at->at.inside ? "inside the transaction that commits at " : "everything before ";
    words += text_of(at->at.lsn) + " of timeline " + std::to_string(at->at.timeline);
    if (at->place.snapshot) {
      words +=
          ", reading the rows of " +
          (at->place.snapshot->name.table.empty() ? "the tables" : at->place.snapshot->name.table);
    }
    return words;
  }

 private:
  static bool overlap(const std::optional<std::vector<std::string>>& a,
                      const std::optional<std::vector<std::string>>& b) {
    if (!a || !b) return true;
    return std::ranges::any_of(
        *a, [&](const std::string& each) { return std::ranges::find(*b, each) != b->end(); });
  }

  [[nodiscard]] const sources::Policies& policies() const override { return options_.policies; }

  Result<sources::JoinedParts> parts() override {
    auto server = std::make_shared<Server>(options_);
    auto link = server->link({});
    if (!link) return failed(link);
    auto slot = usable_slot(*server, {});
    if (!slot) return failed(slot);
    if (auto published = check_publication(*server); !published) return failed(published);
    auto returned = std::make_shared<Returned>();
    sources::JoinedParts made{.identity = server->facts().identity, .policies = options_.policies};
    auto log = std::make_unique<PgLog>(server, *std::move(link), returned, clock());
    made.tables = std::make_unique<PgTables>(server, returned, log.get());
    made.log = std::move(log);
    return made;
  }

  [[nodiscard]] Result<Position> with_place(
      const Position& position,
      const std::function<Result<void>(sources::Place&)>& change) const override {
    auto decoded = decode(position);
    if (!decoded) return failed(decoded);
    if (auto changed = change(decoded->place); !changed) return failed(changed);
    return encode(*decoded);
  }

  SourceOptions options_;
};

}  // namespace
}  // namespace postgresql

std::unique_ptr<SourceAdapter> make_postgresql_source(postgresql::SourceOptions options,
                                                      const Clock& clock) {
  return std::make_unique<postgresql::PgAdapter>(std::move(options), clock);
}

}  // namespace headwater
