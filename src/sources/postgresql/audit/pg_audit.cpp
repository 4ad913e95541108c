#include "src/sources/postgresql/audit/pg_audit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/encoding.h"
#include "src/event/event_type.h"
#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/shared/findings.h"

namespace headwater::postgresql {
namespace {

using sources::EventLedger;

/// "1:0/158FA70:0/15886B0:0" as a text that sorts in the order of the log; empty: not the id of a
/// change.
std::string sorted(std::string_view id) {
  std::string key;
  std::string_view rest = id;
  const auto part = [&rest] {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
  };
  const auto timeline = whole_number<Timeline>(part());
  const auto commit = lsn_from(part());
  const auto record = lsn_from(part());
  const auto ordinal = whole_number(part());
  if (!timeline || !commit || !record || !ordinal) return key;
  for (const std::uint64_t number : {std::uint64_t{*timeline}, *commit, *record, *ordinal}) {
    append_hex(key, number);
  }
  return key;
}

}  // namespace

Result<std::unique_ptr<PgAudit>> PgAudit::connect(const SourceOptions& options,
                                                  const Clock& clock) {
  auto ledger = EventLedger::make();
  if (!ledger) return failed(ledger);
  std::unique_ptr<PgAudit> audit(new PgAudit(options, clock, *std::move(ledger)));
  if (auto copied = audit->copy_slot(); !copied) return failed(copied);
  return audit;
}

/// A temporary slot ends with the connection that made it, and may only be read there.
Result<void> PgAudit::copy_slot() {
  auto server = std::make_shared<Server>(options_);
  auto link = server->link({});
  if (!link) return failed(link);
  if (auto usable = usable_slot(*server, {}); !usable) return failed(usable);
  Connection& connection = *link->connection;
  auto process = connection.command("SELECT pg_backend_pid()", {});
  if (!process) return fail(std::move(process.error().error));
  SourceOptions copied = options_;
  copied.slot = "headwater_verify_" + process->text(0, 0);
  copied.publication = options_.publication_name();
  auto made =
      connection.command("SELECT pg_copy_logical_replication_slot(" + quote_text(options_.slot) +
                             ", " + quote_text(copied.slot) + ", true)",
                         {});
  if (!made) return fail(std::move(made.error().error));
  auto reader = std::make_shared<Server>(copied);
  auto facts = reader->link({});
  if (!facts) return failed(facts);
  auto returned = std::make_shared<Returned>();
  log_ = std::make_unique<PgLog>(std::move(reader), *std::move(link), returned, *clock_);
  tables_ = std::make_unique<PgTables>(std::move(server), returned);
  return {};
}

Result<void> PgAudit::begin(const Position& tail) {
  if (tail.empty()) {
    if (auto started = log_->start(sources::StartAt::oldest, {}); !started) return started;
  } else {
    auto place = log_->seek(tail, {});
    if (!place) return failed(place);
    auto decoded = decode(tail);
    if (!decoded) return failed(decoded);
    tail_ = *std::move(decoded);
  }
  if (auto caught_up = tables_->catch_up({}); !caught_up) return caught_up;
  if (auto held = tables_->hold(); !held) return held;
  end_ = log_->mark(tables_->point());
  return list_tables();
}

Result<void> PgAudit::list_tables() {
  auto names = tables_->tables({}, {});
  if (!names) return failed(names);
  names_ = *std::move(names);
  for (const auto& name : names_) full_names_.insert(table_words(name.schema, name.table));
  return {};
}

Result<bool> PgAudit::observe(const StoredEvent& stored) {
  const std::string key = sorted(stored.event.id);
  const auto kind = key.empty() ? EventLedger::Kind::row : EventLedger::Kind::change;
  auto fresh = ledger_.add(stored.event.id, stored.sequence, kind);
  if (!fresh) return failed(fresh);
  if (!*fresh) {
    ++found_.repeated;
  } else if (!key.empty() && key < last_id_key_) {
    ++found_.out_of_order;
  } else {
    if (!key.empty()) last_id_key_ = key;
    return true;
  }
  sources::add_example(found_, stored.event.id);
  return true;
}

Result<std::vector<Change>> PgAudit::pending(const ReadLimits& limits) {
  std::vector<Change> changes;
  while (!all_pending_ && changes.size() < limits.count) {
    auto next = log_->next();
    if (!next) return failed(next);
    if (*next == nullptr) {
      all_pending_ = log_->reached(end_);
      if (all_pending_) break;
      auto came = log_->wait(Milliseconds(1'000), true, {});
      if (!came) return failed(came);
      if (*came == sources::Came::end) log_->take_end();
      continue;
    }
    const sources::LogPoint point = (*next)->point;
    all_pending_ = point.high > tables_->point().high;
    // What committed at the same time may be in the log before it, and not in the rows.
    if (!all_pending_ && tables_->snapshot().shows(static_cast<Xid>(point.low))) {
      changes.push_back(std::move((*next)->change));
    }
    log_->take();
  }
  found_.pending += changes.size();
  return changes;
}

Result<std::vector<Change>> PgAudit::rows(const ReadLimits& /*limits*/) {
  std::vector<Change> rows;
  if (!rows_not_compared().empty()) return rows;
  while (rows.empty() && table_ < names_.size()) {
    auto piece = tables_->read(names_[table_], after_, {}, {}, {});
    if (!piece) return failed(piece);
    const auto& name = names_[table_];
    if (!tables_->has_key()) without_key_.insert(table_words(name.schema, name.table));
    for (auto& row : piece->rows) rows.push_back(std::move(row.change));
    after_ = std::move(piece->last);
    if (!piece->end) continue;
    ++table_;
    after_.clear();
  }
  return rows;
}

bool PgAudit::covers(std::string_view /*database*/, std::string_view table) const {
  return full_names_.contains(table);
}

bool PgAudit::may_repeat_rows(std::string_view /*database*/, std::string_view table) const {
  return without_key_.contains(table);
}

std::string PgAudit::rows_not_compared() const {
  return tail_ && tail_->place.leaves_out_changes() ? "the snapshot is not finished yet" : "";
}

Result<IdFindings> PgAudit::findings(std::stop_token stop) {
  constexpr ReadLimits limits{.count = 2'048, .bytes = std::size_t{1} << 20U};
  // If the rows were not compared, nobody has asked for what is pending yet.
  for (bool more = true; more && !stop.stop_requested();) {
    auto rest = pending(limits);
    if (!rest) return failed(rest);
    more = !rest->empty() || !all_pending_;
  }
  auto published = ledger_.changes();
  if (!published) return failed(published);
  found_.published = *published;
  found_.committed = found_.published + found_.pending;
  found_.unproven = found_.published;
  found_.unproven_because = "the slot has forgotten what the stream has";
  return found_;
}

}  // namespace headwater::postgresql
