// The source's work once the stream has confirmed a place: it trims the log, keeps it, or records a
// loss. Before that, nothing in the database changes.
#include <utility>

#include "src/ports/loss.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_source.h"

namespace headwater::sqlite {
namespace {

// How long a read waits for the stream to confirm a loss; release() must get its turn.
constexpr auto loss_pause = Milliseconds(5);

}  // namespace

Result<ChangeBatch> LogSource::next_gap() {
  ChangeBatch batch{.changes = {}, .position = gap_->position, .current = false, .backlog = {}};
  const std::size_t size = footprint(*gap_);
  batch.add(std::move(*gap_), size);
  gap_.reset();
  returned_ = batch.position;
  return batch;
}

/// The position that records the loss goes into the stream first, which only the real leader can
/// do. Returns false if `batch`, without changes, is the result for now.
Result<bool> LogSource::recorded_loss(Milliseconds wait, const std::stop_token& stop,
                                      ChangeBatch& batch) {
  const Position recording = to_position(*lost_);
  batch.position = recording;
  batch.backlog = 1;  // the gap
  if (returned_ != recording) {
    returned_ = recording;
    return false;
  }
  if (lost_confirmed_) {
    const bool restate = options_.on_lost == OnLost::snapshot;
    auto place = record_loss(session_->database, *session_->feed, *lost_, restate);
    if (place) {
      lost_.reset();
      if (auto taken = take_up(*place); !taken) return failed(taken);
      held_ = true;
      batch.position = returned_;
      batch.backlog.reset();
      return true;
    }
    if (wait.count() == 0 || place.error().name != "source.locked") return failed(place);
  }
  auto woken = session_->watch->wait(loss_pause, stop);
  if (!woken) return failed(woken);
  return false;
}

Result<void> LogSource::release(const Durable& durable) {
  auto done = hold_and_confirm(durable);
  if (!done) return fail(explained(std::move(done.error())));
  return done;
}

Result<void> LogSource::hold_and_confirm(const Durable& durable) {
  if (durable.tail().position.empty()) return {};
  auto position = parse_position(durable.tail().position);
  // open() rejects a position of another database; it frees nothing here.
  if (!position || position->uuid != session_->feed->scope().uuid) return {};
  if (lost_) {
    lost_confirmed_ = durable.tail().position == to_position(*lost_);
    return {};
  }
  const std::int64_t needed = session_->feed->needed_for(*position);
  if (!std::exchange(held_, true)) {
    if (auto held = hold(needed); !held) return held;
  }
  session_->trimmer->confirm(needed);
  return {};
}

/// A stream that lost its end resumes at an older place.
Result<void> LogSource::hold(std::int64_t needed) {
  auto held = session_->trimmer->hold(needed);
  if (!held) return failed(held);
  if (!*held) return {};
  // Rows that were confirmed before may have been trimmed since open() checked.
  return session_->database.transaction("", [&]() -> Result<void> {
    auto least = session_->feed->log().least();
    if (!least) return failed(least);
    if (*least <= needed + 1) return {};
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = std::string(history_lost),
                 .message = options_.path + ": the changes after " + std::to_string(needed) +
                            " were trimmed before they could be kept",
                 .next = "headwater check -c FILE"});
  });
}

}  // namespace headwater::sqlite
