// What the source makes of the documents that it has read.
#include <utility>

#include "src/sources/rethinkdb/feed/change_maker.h"
#include "src/sources/rethinkdb/feed/rethink_source.h"

namespace headwater::rethinkdb {

void RethinkSource::queue_pending(JournaledDocument document) {
  const std::string exact = exact_key(document.key);
  const std::uint64_t returned = published_.number_of(exact);
  for (Pending& pending : document.pending) {
    if (pending.number <= returned) continue;
    if (pending.number <= at_.skipped) {
      queue({.key = document.key,
             .exact = exact,
             .number = pending.number,
             .version = pending.version});
      continue;
    }
    queue_change(document, exact, std::move(pending));
  }
}

void RethinkSource::queue_change(const JournaledDocument& document, const std::string& exact,
                                 Pending pending) {
  const LastTold::Last each{.number = pending.number, .version = pending.version};
  queue({.change = change_of(standing_.names, document.key, exact, std::move(pending)),
         .key = document.key,
         .exact = exact,
         .number = each.number,
         .version = each.version,
         .newest = document.number});
}

void RethinkSource::queue_row(JournaledDocument document) {
  const std::string exact = exact_key(document.key);
  const Walk& walk = *at_.snapshot;
  if (walk.again) {
    std::vector<Pending> pending = std::move(document.pending);
    document.pending.clear();
    for (Pending& each : pending) {
      if (each.number > published_.number_of(exact)) {
        queue_change(document, exact, std::move(each));
      }
    }
  }
  Item row{.key = document.key, .exact = exact, .is_walked = true};
  // The row has these changes.
  if (!document.pending.empty()) {
    row.number = document.pending.back().number;
    row.version = document.pending.back().version;
  }
  if (!document.gone) {
    row.change = row_of(standing_.names, document, exact, walk.id);
    if (document.number == 0) {
      row.change->time = WallTime(Milliseconds(static_cast<std::int64_t>(standing_.now_ms)));
    }
  }
  queue(std::move(row));
}

void RethinkSource::queue(Item item) {
  if (error_) return;
  if (item.change) {
    auto kept = sources::keep_small(*item.change, options_.policies.large);
    if (!kept) {
      error_ = std::move(kept.error());
      return;
    }
  }
  queue_.push_back(std::move(item));
}

/// A key that is not noted would not be missed. Only a leader writes.
Result<void> RethinkSource::note_keys(const std::vector<JournaledDocument>& documents,
                                      const std::stop_token& stop) {
  if (options_.deletes != Deletes::scan || !leads_) return {};
  return removals_.note(standing_.names, documents, stop);
}

/// Some keys at a time. Returns true if it has queued something.
Result<bool> RethinkSource::scan_for_removed(const std::stop_token& stop) {
  const bool is_due = options_.deletes == Deletes::scan && leads_ && clock_->steady() >= scan_at_;
  if (!is_due) return false;
  auto removed = removals_.next(standing_.names, stop);
  if (!removed) return failed(removed);
  if (!*removed) {
    scan_at_ = clock_->steady() + options_.scan_interval;
    return false;
  }
  for (Taken& each : **removed) {
    const std::string exact = exact_key(each.key);
    if (published_.number_of(exact) >= each.number) continue;
    Change change = removed_change(standing_.names, each, exact, standing_.now_ms);
    queue({.change = std::move(change),
           .key = std::move(each.key),
           .exact = exact,
           .number = each.number,
           .is_missing = true});
  }
  return true;
}

}  // namespace headwater::rethinkdb
