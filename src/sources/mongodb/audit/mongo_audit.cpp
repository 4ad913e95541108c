#include "src/sources/mongodb/audit/mongo_audit.h"

#include <algorithm>
#include <utility>

#include "src/event/data_json.h"
#include "src/sources/mongodb/audit/applied.h"
#include "src/sources/mongodb/audit/key_choice.h"

namespace headwater::mongodb {
namespace {

// What is there comes at once; nothing is waited for.
constexpr Milliseconds short_wait{10};

/// What gives the same changes as the relay's options, so far as the audit needs them: images only
/// where a pipeline looks at them or where they are exact, and nothing that ends it. A server that
/// cuts large events gives those another id than whole ones: there the same images are wanted, so
/// that the same are cut.
SourceOptions to_read_again(const SourceOptions& options, bool by_key, bool cuts_events) {
  SourceOptions again = copy_of(options);
  if (again.full_document == FullDocument::required) {
    again.full_document = FullDocument::when_available;
  } else if (by_key && again.full_document == FullDocument::update_lookup && !cuts_events) {
    again.full_document = FullDocument::as_reported;
  }
  again.full_document_before_change =
      (!by_key || cuts_events) && options.full_document_before_change != FullDocumentBefore::off
          ? FullDocumentBefore::when_available
          : FullDocumentBefore::off;
  again.policies.on_lost = OnLost::stop;
  again.policies.large.policy = OnLarge::gap;
  return again;
}

/// "snapshot:<seconds>.<increment>:…", as ChangeDecoder writes it.
std::optional<ClusterTime> time_of_row(std::string_view id) {
  constexpr std::string_view prefix = "snapshot:";
  if (!id.starts_with(prefix)) return std::nullopt;
  id.remove_prefix(prefix.size());
  return time_from(id.substr(0, id.find(':')));
}

Error behind_the_stream() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.behind",
          .message = "The server that was asked does not have yet what is already in the stream",
          .next = "run it again; or take `readPreference` out of the URI"};
}

}  // namespace

MongoAudit::MongoAudit(std::shared_ptr<const SourceOptions> options, const Clock& clock,
                       std::unique_ptr<Pool> pool)
    : options_(std::move(options)),
      clock_(&clock),
      by_key_(chooses_by_key(options_->pipeline)),
      pool_(std::move(pool)),
      connection_(*pool_),
      decoder_(options_->watch, options_->form) {}

Result<std::unique_ptr<MongoAudit>> MongoAudit::connect(const SourceOptions& options,
                                                        const Clock& clock) {
  auto pool = Pool::make(options.uri, Pool::Use::lasting);
  if (!pool) return failed(pool);
  auto facts = Connection(**pool).facts();
  if (!facts) return failed(facts);
  auto again = std::make_shared<const SourceOptions>(
      to_read_again(options, chooses_by_key(options.pipeline), facts->splits_large_events()));
  std::unique_ptr<MongoAudit> audit(new MongoAudit(std::move(again), clock, std::move(*pool)));
  audit->facts_ = *facts;
  auto identity = source_identity(options, audit->connection_);
  if (!identity) return failed(identity);
  audit->identity_ = std::move(*identity);
  audit->scan_.emplace(*audit->pool_, *facts, audit->options_->pipeline);
  auto source = connect_source(audit->options_, clock);
  if (!source) return failed(source);
  audit->source_ = std::move(*source);
  auto ledger = EventLedger::make();
  if (!ledger) return failed(ledger);
  audit->ledger_.emplace(std::move(*ledger));
  return audit;
}

/// The changes behind the tail are opened at once, to fail at once.
Result<void> MongoAudit::begin(const Position& tail) {
  auto position = tail.empty() ? beginning(*options_, identity_, connection_) : decode(tail);
  if (!position) return failed(position);
  tail_ = std::move(*position);
  MongoPosition changes_only = tail_;
  changes_only.place.snapshot.reset();
  read_to_ = encode(changes_only);
  return source_->open(read_to_);
}

Result<bool> MongoAudit::observe(const StoredEvent& stored) {
  const Event& event = stored.event;
  const auto row_time = time_of_row(event.id);
  if (row_time && !any_event_) {
    first_row_ = stored.sequence;
    first_row_time_ = *row_time;
  }
  any_event_ = true;
  tail_sequence_ = stored.sequence;
  // A gap in one row has its change's id; any other belongs to no change. A row's key may be empty.
  const bool of_a_row = event.partition_key.find('/') != std::string::npos;
  const bool gap = event.type.operation() == "gap" && !of_a_row;
  if (gap) {
    if (auto noted = observe_gap(stored); !noted) return failed(noted);
  }
  if (row_time) last_row_time_ = *row_time;
  const auto kind = gap || row_time ? EventLedger::Kind::row : EventLedger::Kind::change;
  auto fresh = ledger_->add(event.id, stored.sequence, kind);
  if (!fresh) return failed(fresh);
  if (!*fresh) {
    ++found_.repeated;
    example(event.id);
  }
  return true;
}

Result<void> MongoAudit::observe_gap(const StoredEvent& stored) {
  const auto data = parse_data(stored.event.data);
  if (!data) return fail(data.error());
  break_ = Break{.sequence = stored.sequence, .to = data->gap ? data->gap->to : std::string()};
  last_row_time_ = {};
  return {};
}

void MongoAudit::example(const std::string& id) {
  constexpr std::size_t most_examples = 10;
  if (found_.examples.size() < most_examples) found_.examples.push_back(id);
}

bool MongoAudit::covers(std::string_view database, std::string_view table) const {
  const Watch& watch = options_->watch;
  if (watch.one_collection()) return table == watch.collection;
  if (table.starts_with("system.")) return false;
  return !watch.deployment() ||
         (database != "admin" && database != "local" && database != "config");
}

std::optional<std::string> MongoAudit::applied(std::string_view document,
                                               std::string_view detail) const {
  // 5.0 began to describe updates as differences between documents.
  return mongodb::applied(document, detail, !facts_.snapshot_reads());
}

std::string MongoAudit::rows_not_compared() const {
  if (tail_.place.snapshot) return "the snapshot is still under way";
  if (!by_key_) return "the pipeline takes changes out by what may change, or takes fields out";
  if (facts_.router) return "through mongos, keys of documents and of changes are not alike";
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
  while (rows_not_compared().empty()) {
    auto more = load_rows();
    if (!more) return failed(more);
    if (!*more) break;
    if (!rows_.empty()) return {};
  }
  return finish_rows();
}

/// Behind everything that was looked at, so that what was dropped before its turn came is known to
/// have been.
Result<void> MongoAudit::finish_rows() {
  rows_done_ = true;
  open_ = false;
  drained_ = false;
  auto facts = connection_.facts();
  if (!facts) return failed(facts);
  ClusterTime now = facts->majority;
  if (now.null()) {
    auto reply = connection_.run("admin", Doc().add("ping", 1));
    if (!reply) return failed(reply);
    now = find_time(reply->get(), "operationTime").value_or(tail_.time);
  }
  point_ = std::max(now, point_);
  return {};
}

/// False: there is nothing more to read. The piece that was read may hold no rows.
Result<bool> MongoAudit::load_rows() {
  if (!collection_ || collection_done_) {
    auto found = next_collection();
    if (!found || !*found) return found;
  }
  auto piece =
      scan_->next(*collection_, after_ ? &*after_ : nullptr, std::max(tail_.witness, point_));
  if (!piece) return failed(piece);
  collection_done_ = piece->end;
  if (find(piece->last.get(), "_id")) after_ = Doc::copy_of(*piece->last.get());
  if (!piece->documents.empty()) {
    if (auto taken = take_piece(*piece); !taken) return failed(taken);
  }
  return true;
}

Result<bool> MongoAudit::next_collection() {
  auto names = scan_->collections(options_->watch, collection_.value_or(CollectionName{}));
  if (!names) return failed(names);
  after_.reset();
  collection_done_ = false;
  if (names->empty()) return false;
  collection_ = names->front();
  return true;
}

Result<void> MongoAudit::take_piece(const TablePiece& piece) {
  if (piece.time < std::max(tail_.witness, point_)) return fail(behind_the_stream());
  if (piece.time > point_) {
    open_ = false;
    drained_ = false;
  }
  point_ = piece.time;
  for (const Doc& document : piece.documents) {
    auto row = piece.wrapped ? decoder_.read_wrapped(*collection_, *document.get(), piece.time)
                             : decoder_.read(*collection_, *document.get(), piece.time);
    if (!row) return failed(row);
    rows_.push_back(std::move(*row));
  }
  return {};
}

Result<std::vector<Change>> MongoAudit::pending(const ReadLimits& limits) {
  if (!loaded_) {
    if (auto loaded = load_piece(); !loaded) return failed(loaded);
  }
  std::vector<Change> due;
  while (due.empty()) {
    while (!early_.empty() && early_.front().time <= point_ && due.size() < limits.count) {
      Timed next = std::move(early_.front());
      early_.pop_front();
      if (auto added = ledger_->add_pending(next.change.id); !added) {
        return failed(added);
      }
      ++found_.pending;
      last_pending_ = next.time;
      due.push_back(std::move(next.change));
    }
    if (!due.empty() || !early_.empty() || drained_) return due;
    if (auto read = read_pending(limits); !read) return failed(read);
  }
  return due;
}

Result<void> MongoAudit::read_pending(const ReadLimits& limits) {
  if (!open_) {
    // From here on "current" means: all that was committed up to the point, and perhaps more.
    if (auto opened = source_->open(read_to_); !opened) return opened;
    open_ = true;
  }
  auto batch = source_->read(limits, short_wait, {});
  if (!batch) return failed(batch);
  for (Change& change : batch->changes) {
    auto position = decode(change.position);
    if (!position) return failed(position);
    early_.push_back({std::move(change), position->time});
  }
  read_to_ = batch->position;
  drained_ = batch->current;
  return {};
}

}  // namespace headwater::mongodb
