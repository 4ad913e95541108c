#include "src/sources/mongodb/audit/mongo_audit.h"

#include <algorithm>
#include <utility>

#include "src/event/event_type.h"
#include "src/event/updated_document.h"
#include "src/sources/mongodb/audit/key_choice.h"
#include "src/sources/mongodb/audit/proof.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/shared/findings.h"

namespace headwater::mongodb {

Result<std::unique_ptr<MongoAudit>> MongoAudit::connect(const SourceOptions& options,
                                                        const Clock& clock) {
  auto pool = Pool::make(options.uri, Pool::Use::lasting);
  if (!pool) return failed(pool);
  std::unique_ptr<MongoAudit> audit(new MongoAudit(std::move(*pool)));
  auto facts = audit->connection_.facts();
  if (!facts) return failed(facts);
  auto identity = source_identity(options, audit->connection_);
  if (!identity) return failed(identity);
  const bool by_key = chooses_by_key(options.pipeline);
  audit->audited_ = {.options = std::make_shared<const SourceOptions>(
                         options_to_read_again(options, by_key, facts->splits_large_events())),
                     .clock = &clock,
                     .facts = *facts,
                     .identity = std::move(*identity),
                     .by_key = by_key,
                     .tail = {}};
  audit->pieces_.emplace(audit->audited_, *audit->pool_);
  auto source = connect_source(audit->audited_.options, clock);
  if (!source) return failed(source);
  auto pending = PendingChanges::make(std::move(*source));
  if (!pending) return failed(pending);
  audit->pending_.emplace(std::move(*pending));
  auto observed = ObservedStream::make();
  if (!observed) return failed(observed);
  audit->observed_.emplace(std::move(*observed));
  return audit;
}

Result<void> MongoAudit::begin(const Position& tail) {
  auto position =
      tail.empty() ? beginning(*audited_.options, audited_.identity, connection_) : decode(tail);
  if (!position) return failed(position);
  audited_.tail = std::move(*position);
  MongoPosition changes_only = audited_.tail;
  changes_only.place.snapshot.reset();
  return pending_->begin(encode(changes_only));
}

Result<bool> MongoAudit::observe(const StoredEvent& stored) {
  auto fresh = observed_->add(stored);
  if (!fresh) return failed(fresh);
  if (!*fresh) {
    ++found_.repeated;
    sources::add_example(found_, stored.event.id);
  }
  return true;
}

bool MongoAudit::covers(std::string_view database, std::string_view table) const {
  const Watch& watch = audited_.options->watch;
  if (watch.one_collection()) return table == table_words({}, watch.collection);
  if (is_internal(table)) return false;
  return !watch.deployment() ||
         (database != "admin" && database != "local" && database != "config");
}

std::optional<std::string> MongoAudit::applied(std::string_view document,
                                               std::string_view detail) const {
  // 5.0 began to describe updates as differences between documents.
  return updated_document(document, detail, !audited_.facts.snapshot_reads());
}

std::string MongoAudit::rows_not_compared() const {
  if (audited_.tail.place.leaves_out_changes()) return "the snapshot is not finished yet";
  if (!audited_.by_key) {
    return "the pipeline filters by what may change, or removes fields";
  }
  if (audited_.facts.router) return "through mongos, keys of documents and of changes differ";
  return {};
}

Result<std::vector<Change>> MongoAudit::rows(const ReadLimits& /*limits*/) {
  if (!loaded_) {
    if (auto loaded = load_piece(); !loaded) return failed(loaded);
  }
  loaded_ = false;
  return std::exchange(rows_, {});
}

/// The next rows, or none, and the point they belong to.
Result<void> MongoAudit::load_piece() {
  loaded_ = true;
  if (rows_done_) return {};
  if (!rows_not_compared().empty()) return finish_rows();
  auto piece = pieces_->next(std::max(audited_.tail.witness, point_));
  if (!piece) return failed(piece);
  if (piece->rows.empty()) return finish_rows();
  rows_ = std::move(piece->rows);
  if (piece->time > point_) pending_->move_to(piece->time);
  point_ = piece->time;
  return {};
}

/// The last point is after everything that was looked at, so that what was dropped before its turn
/// is known to have been.
Result<void> MongoAudit::finish_rows() {
  rows_done_ = true;
  auto facts = connection_.facts();
  if (!facts) return failed(facts);
  ClusterTime now = facts->majority;
  if (now.null()) {
    auto reply = connection_.run("admin", Doc().add("ping", 1));
    if (!reply) return failed(reply);
    now = find_time(reply->get(), "operationTime").value_or(audited_.tail.time);
  }
  point_ = std::max(now, point_);
  pending_->move_to(point_);
  return {};
}

Result<std::vector<Change>> MongoAudit::pending(const ReadLimits& limits) {
  if (!loaded_) {
    if (auto loaded = load_piece(); !loaded) return failed(loaded);
  }
  return pending_->next(limits);
}

Result<IdFindings> MongoAudit::findings(std::stop_token stop) {
  constexpr ReadLimits limits{.count = 2'048, .bytes = std::size_t{1} << 20U};
  // If the rows were not compared, nobody has asked for what is pending yet.
  for (;;) {
    if (stop.stop_requested()) return found_;
    auto rest = pending(limits);
    if (!rest) return failed(rest);
    if (rest->empty()) break;
  }
  found_.pending = pending_->count();
  Proof proof(audited_, *observed_, *pending_);
  if (auto proven = proof.run(connection_, point_, stop, found_); !proven) return failed(proven);
  return found_;
}

}  // namespace headwater::mongodb
