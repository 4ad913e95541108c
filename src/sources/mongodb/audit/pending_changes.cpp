#include "src/sources/mongodb/audit/pending_changes.h"

#include <utility>

namespace headwater::mongodb {
namespace {

// What is committed comes at once; nothing is waited for.
constexpr Milliseconds short_wait{10};

}  // namespace

Result<PendingChanges> PendingChanges::make(std::unique_ptr<Source> source) {
  auto ids = sources::SeenKeys::make();
  if (!ids) return failed(ids);
  return PendingChanges(std::move(source), std::move(*ids));
}

Result<void> PendingChanges::begin(Position tail) {
  read_to_ = std::move(tail);
  return source_->open(read_to_);
}

void PendingChanges::move_to(ClusterTime point) {
  point_ = point;
  open_ = false;
  drained_ = false;
}

Result<std::vector<Change>> PendingChanges::next(const ReadLimits& limits) {
  std::vector<Change> due;
  for (;;) {
    while (!read_.empty() && read_.front().time <= point_ && due.size() < limits.count) {
      Timed next = std::move(read_.front());
      read_.pop_front();
      if (auto added = ids_.add(0, next.change.id); !added) return failed(added);
      ++count_;
      last_time_ = next.time;
      due.push_back(std::move(next.change));
    }
    if (!due.empty() || !read_.empty() || drained_) return due;
    if (auto more = read(limits); !more) return failed(more);
  }
}

Result<void> PendingChanges::read(const ReadLimits& limits) {
  if (!open_) {
    // From here on "current" means: everything committed up to the point, and perhaps more.
    if (auto opened = source_->open(read_to_); !opened) return opened;
    open_ = true;
  }
  auto batch = source_->read(limits, short_wait, {});
  if (!batch) return failed(batch);
  for (Change& change : batch->changes) {
    auto position = decode(change.position);
    if (!position) return failed(position);
    read_.push_back({std::move(change), position->time});
  }
  read_to_ = batch->position;
  drained_ = batch->current;
  return {};
}

}  // namespace headwater::mongodb
