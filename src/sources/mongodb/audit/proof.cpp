#include "src/sources/mongodb/audit/proof.h"

#include <algorithm>
#include <utility>

#include "src/sources/shared/findings.h"

namespace headwater::mongodb {

Result<void> Proof::run(Connection& connection, ClusterTime point, const std::stop_token& stop,
                        IdFindings& found) {
  auto past = PastChanges::connect(*audited_);
  if (!past) return failed(past);
  StartFinder finder(*audited_, *observed_, *past, connection);
  auto start = finder.find();
  if (!start) return failed(start);
  IdFindings missing;
  // Twice, if what seemed to be the stream's oldest change was not.
  for (int again = 0; *start && again < 2; ++again) {
    auto read = read_past(*past, **start, point, stop);
    if (!read) return failed(read);
    missing = std::move(*read);
    if (stop.stop_requested()) return {};
    auto earlier = finder.earlier_than(**start);
    if (!earlier) return failed(earlier);
    if (!*earlier) break;
    *start = std::move(*earlier);
  }
  return conclude(*start, missing, found);
}

Result<IdFindings> Proof::read_past(PastChanges& past, const ProofStart& start, ClusterTime point,
                                    const std::stop_token& stop) {
  sources::EventLedger& ledger = observed_->ledger();
  if (auto cleared = ledger.clear_matches(); !cleared) return failed(cleared);
  if (!start.id.empty()) {
    auto matched = ledger.match(start.id);
    if (!matched) return failed(matched);
  }
  if (auto opened = past.open(start.position); !opened) return failed(opened);
  IdFindings missing;
  auto read =
      past.read(point, stop, [&](const Change& change) { return compare(change, point, missing); });
  if (!read) return failed(read);
  return missing;
}

Result<void> Proof::compare(const Change& change, ClusterTime point, IdFindings& missing) {
  auto matched = observed_->ledger().match(change.id);
  if (!matched) return failed(matched);
  if (*matched) return {};
  auto pending = pending_->has(change.id);
  if (!pending) return failed(pending);
  if (*pending) return {};
  auto due = is_due(change, point);
  if (!due) return failed(due);
  if (!*due) return {};
  if (depends_on_image(change)) {
    ++missing.unproven;
    return {};
  }
  ++missing.lost;
  sources::add_example(missing, change.id);
  return {};
}

Result<bool> Proof::is_due(const Change& change, ClusterTime point) const {
  auto position = decode(change.position);
  if (!position) return failed(position);
  const ClusterTime time = position->time;
  // A router does not say what a majority has: only what was returned is known to have been due.
  const ClusterTime last =
      audited_->facts.router ? std::max(pending_->last_time(), audited_->tail.time) : point;
  if (time > last) return false;
  // A change to a document that a snapshot has yet to read is left out, because it will be in the
  // document. So until the last was read, a missing one proves nothing; the rows do.
  return !audited_->tail.place.leaves_out_changes() && time > observed_->last_row_time();
}

/// The pipeline may have chosen it, or not, by a document that was looked up and is another now.
bool Proof::depends_on_image(const Change& change) const {
  if (audited_->by_key) return false;
  const SourceOptions& options = *audited_->options;
  const bool after = options.full_document != FullDocument::as_reported;
  const bool before = options.full_document_before_change != FullDocumentBefore::off;
  if (change.op == Op::update) return after || before;
  return before && (change.op == Op::replace || change.op == Op::remove);
}

/// Whether reading again gives exactly the changes that the relay has read.
bool Proof::exact() const {
  const SourceOptions& options = *audited_->options;
  return audited_->by_key || (options.full_document == FullDocument::as_reported &&
                              options.full_document_before_change == FullDocumentBefore::off);
}

Result<void> Proof::conclude(const std::optional<ProofStart>& start, const IdFindings& missing,
                             IdFindings& found) {
  sources::EventLedger& ledger = observed_->ledger();
  auto published = ledger.changes();
  if (!published) return failed(published);
  auto proven = start ? ledger.changes(start->sequence) : Result<std::uint64_t>(0);
  if (!proven) return failed(proven);
  found.published = *published;
  found.lost = missing.lost;
  for (const std::string& id : missing.examples) sources::add_example(found, id);
  found.unproven = *published - *proven + missing.unproven;
  if (*published > *proven) {
    found.unproven_because = observed_->last_break()
                                 ? "before a gap, or older than the server's history"
                                 : "older than what is left of the server's history";
  } else if (missing.unproven > 0) {
    found.unproven_because = "the pipeline chose by a document that may be another by now";
  }
  found.committed = found.published + found.lost + found.pending;
  if (start && exact()) {
    auto visited = ledger.visit_unmatched(start->sequence, [&](const std::string& id) {
      ++found.unknown;
      sources::add_example(found, id);
    });
    if (!visited) return visited;
  }
  return ledger.visit_out_of_order([&](const std::string& id) {
    ++found.out_of_order;
    sources::add_example(found, id);
  });
}

}  // namespace headwater::mongodb
