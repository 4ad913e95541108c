#include "src/sources/sqlite/audit/log_audit.h"

#include <algorithm>
#include <utility>

#include "src/event/data_json.h"
#include "src/sources/shared/findings.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/feed/ids.h"
#include "src/sources/sqlite/feed/log_source.h"
#include "src/sources/sqlite/feed/lost_position.h"

namespace headwater::sqlite {
namespace {

/// Counts the log rows of a range that concern the relay.
Result<Statement> prepare_count(Database& database, const RelayRow& relay) {
  auto marked = database.integer(
      "SELECT count(*) FROM pragma_table_info('_headwater_log') WHERE name = 'v4'");
  if (!marked) return failed(marked);
  std::string sql = "SELECT count(*) FROM main._headwater_log WHERE seq BETWEEN ? AND ?";
  if (*marked != 0) {
    sql += " AND (op <> 6 OR v4 IS NULL OR v4 = " + quote_text(relay.name) + ")";
  }
  if (relay.tables) {
    sql +=
        " AND (shape = 0 OR shape IN (SELECT shape FROM main._headwater_shapes WHERE \"table\" "
        "COLLATE NOCASE IN (";
    for (std::size_t i = 0; i < relay.tables->size(); ++i) {
      sql += (i == 0 ? "" : ", ") + quote_text((*relay.tables)[i]);
    }
    sql += ")))";
  }
  return database.prepare(sql);
}

}  // namespace

Result<std::unique_ptr<LogAudit>> LogAudit::connect(LogAuditOptions options) {
  auto database = open_prepared(options.path);
  if (!database) return failed(database);
  auto relay = relay_row(*database, options.scope.relay);
  if (!relay) return failed(relay);
  auto uuid = load_uuid(*database);
  if (!uuid) return failed(uuid);
  FeedScope scope = std::move(options.scope);
  scope.uuid = std::move(*uuid);
  scope.tables = relay->tables;
  // A row that is too large to publish is too large to compare; it must not end the audit.
  scope.on_large = OnLarge::gap;

  auto audit = std::unique_ptr<LogAudit>(
      new LogAudit(std::move(*database), std::move(*relay), options.snapshot));
  auto pending = Feed::on(audit->database_, scope);
  if (!pending) return failed(pending);
  audit->pending_ = std::move(*pending);
  auto rows = Feed::on(audit->database_, scope);
  if (!rows) return failed(rows);
  audit->rows_ = std::move(*rows);
  return audit;
}

LogAudit::LogAudit(Database database, RelayRow relay, bool snapshot)
    : database_(std::move(database)), relay_(std::move(relay)), snapshot_(snapshot) {}

LogAudit::~LogAudit() {
  if (held_) (void)database_.execute("ROLLBACK");
}

/// Inside the open transaction, or a short one.
Result<void> LogAudit::inside(const std::function<Result<void>()>& body) {
  return held_ ? body() : database_.transaction("", body);
}

Result<void> LogAudit::begin(const Position& tail) {
  auto mode = database_.text("PRAGMA journal_mode");
  if (!mode) return failed(mode);
  if (*mode == "wal") {
    if (auto begun = database_.execute("BEGIN"); !begun) return begun;
    held_ = true;
  }
  auto count = prepare_count(database_, relay_);
  if (!count) return failed(count);
  count_ = std::move(*count);
  first_ = relay_.start + 1;
  auto ledger = sources::NumberLedger::make(first_);
  if (!ledger) return failed(ledger);
  ledger_.emplace(std::move(*ledger));
  auto reads = sources::SeenKeys::make();
  if (!reads) return failed(reads);
  reads_.emplace(std::move(*reads));

  return inside([&]() -> Result<void> {
    auto head = pending_->log().head();
    if (!head) return failed(head);
    point_ = *head;
    auto least = pending_->log().least();
    if (!least) return failed(least);
    least_ = *least;
    auto place = judged_place(database_, *pending_, tail);
    if (!place) return failed(place);
    tail_ = place->seq;
    return prepare_rows();
  });
}

/// One task for each table, as if a snapshot had just been requested.
Result<void> LogAudit::prepare_rows() {
  auto captured = load_captured(database_);
  if (!captured) return failed(captured);
  std::vector<SnapshotTask> tasks;
  for (const auto& table : *captured) {
    if (!rows_->scope().wants(table.table)) continue;
    auto shape = rows_->shapes().find(table.shape);
    if (!shape) return failed(shape);
    tasks.push_back({.number = static_cast<std::int64_t>(tasks.size()) + 1,
                     .shape = *shape,
                     .at = point_,
                     .time = 0});
  }
  rows_->replace_tasks(std::move(tasks));
  LogPosition at;
  at.uuid = rows_->scope().uuid;
  at.seq = point_;
  return rows_->seek(at);
}

Result<bool> LogAudit::observe(const StoredEvent& stored) {
  any_event_ = true;
  const Event& event = stored.event;
  const auto id = parse_id(event.id, pending_->scope().uuid);
  if (!id) {
    // An operator's gap is not a change, so it has no number.
    const bool gap = event.type.operation() == "gap";
    if (auto noted = gap ? observe_gap(event, {}) : Result<void>{}; !noted) {
      return failed(noted);
    }
    return true;
  }
  if (id->seq > point_) return false;
  if (id->read) {
    auto fresh = reads_->add(0, event.id);
    if (!fresh) return fresh;
    if (!*fresh) {
      ++found_.repeated;
      sources::add_example(found_, event.id);
    }
    return true;
  }
  // From an earlier life of this relay.
  if (id->seq < first_) return true;
  if (auto noted = observe_change(event, id->seq); !noted) return failed(noted);
  return true;
}

Result<void> LogAudit::observe_change(const Event& event, std::int64_t seq) {
  if (first_seen_ == 0) first_seen_ = seq;
  using Arrival = sources::NumberLedger::Arrival;
  auto arrival = ledger_->add(seq);
  if (!arrival) return failed(arrival);
  if (*arrival == Arrival::repeated) ++found_.repeated;
  if (*arrival != Arrival::repeated) ++found_.published;
  if (*arrival == Arrival::late) ++found_.out_of_order;
  if (*arrival != Arrival::next) sources::add_example(found_, event.id);
  if (event.type.operation() == "gap") return observe_gap(event, seq);
  return {};
}

/// A gap for a lost position reports all changes after that position as missing, up to its own
/// number `seq` or, without one, up to the position it names.
Result<void> LogAudit::observe_gap(const Event& event, std::optional<std::int64_t> seq) {
  const auto data = parse_data(event.data);
  if (!data || !data->gap) return {};
  std::int64_t from = first_;
  if (!data->gap->from.empty()) {
    const auto position = parse_position({data->gap->from});
    if (!position) return {};
    from = position->seq + 1;
  }
  std::int64_t to = seq ? *seq - 1 : 0;
  if (!seq) {
    const auto position = parse_position({data->gap->to});
    if (!position) return {};
    to = position->seq;
  }
  auto missing = this->missing(from, to, false);
  if (!missing) return failed(missing);
  found_.left_out += *missing;
  return ledger_->excuse(from, to);
}

/// Continues reading until it finds a relevant row or reaches the point.
Result<std::vector<Change>> LogAudit::read(
    Feed& feed, const ReadLimits& limits,
    const std::function<Result<bool>(const Change&)>& wanted) {
  std::vector<Change> result;
  while (result.empty() && !feed.done_up_to(point_)) {
    ChangeBatch batch;
    auto done = inside([&]() -> Result<void> {
      auto end = feed.piece(limits, true, batch);
      if (!end) return failed(end);
      return {};
    });
    if (!done) return failed(done);
    for (auto& change : batch.changes) {
      auto keep = wanted(change);
      if (!keep) return failed(keep);
      if (*keep) result.push_back(std::move(change));
    }
  }
  return result;
}

Result<std::vector<Change>> LogAudit::pending(const ReadLimits& limits) {
  return read(*pending_, limits, [&](const Change& change) { return is_pending(change); });
}

Result<bool> LogAudit::is_pending(const Change& change) {
  const auto id = parse_id(change.id, pending_->scope().uuid);
  if (!id || id->seq > point_) return false;
  if (id->read) {
    auto seen = reads_->has(0, change.id);
    if (!seen) return seen;
    return !*seen;
  }
  if (id->seq < ledger_->next()) return false;
  ++found_.pending;
  return true;
}

Result<std::vector<Change>> LogAudit::rows(const ReadLimits& limits) {
  return read(*rows_, limits,
              [](const Change& change) -> Result<bool> { return change.op == Op::read; });
}

/// Counts the changes of a range that concern the relay. Those no longer in the log all count if
/// the relay captures all tables; otherwise their tables are unknown, and they are not counted.
Result<std::uint64_t> LogAudit::due(std::int64_t first, std::int64_t last) {
  const std::int64_t held = std::max(first, least_);
  std::uint64_t count = 0;
  if (!relay_.tables && first < held) {
    count += static_cast<std::uint64_t>(std::min(held, last + 1) - first);
  }
  if (held > last) return count;
  count_.bind(0, held).bind(1, last);
  auto row = count_.step();
  if (!row) return failed(row);
  count += static_cast<std::uint64_t>(count_.integer(0));
  count_.reset();
  return count;
}

Result<std::uint64_t> LogAudit::missing(std::int64_t first, std::int64_t last, bool examples) {
  std::uint64_t count = 0;
  auto visited =
      ledger_->visit_missing(first, last, [&](std::int64_t from, std::int64_t to) -> Result<void> {
        auto some = due(from, to);
        if (!some) return failed(some);
        count += *some;
        if (examples && *some > 0)
          sources::add_example(found_, change_id(pending_->scope().uuid, from));
        return {};
      });
  if (!visited) return failed(visited);
  return count;
}

Result<IdFindings> LogAudit::findings(std::stop_token /*stop*/) {
  auto computed = inside([&]() -> Result<void> {
    if (auto expected = ledger_->expect_up_to(tail_); !expected) return expected;
    // Without any event, all earlier events were removed.
    std::int64_t begin = first_;
    if (!any_event_ || first_seen_ == 0) begin = ledger_->next();
    if (any_event_ && aged_ && first_seen_ != 0) begin = first_seen_;
    auto aged = missing(first_, begin - 1, false);
    if (!aged) return failed(aged);
    found_.aged_out = *aged;
    auto lost = missing(begin, ledger_->next() - 1, true);
    if (!lost) return failed(lost);
    found_.lost = *lost;
    return {};
  });
  if (!computed) return failed(computed);
  found_.committed =
      found_.published + found_.lost + found_.aged_out + found_.left_out + found_.pending;
  return found_;
}

}  // namespace headwater::sqlite
