#include "testing/simulation/feed.h"

#include <memory>
#include <string>
#include <utility>

namespace headwater::simulation {
namespace {

Error lost_connection() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.away",
          .message = "simulated: the connection broke"};
}

Error history_lost(const Place& at, Remedy remedy) {
  return {.remedy = remedy,
          .origin = Origin::source,
          .name = "source.history_lost",
          .message = "simulated: the changes after " + at.position().token + " are lost"};
}

Change with_payload(std::string id, std::size_t size) {
  static const auto columns =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"payload"});
  Change change;
  change.id = std::move(id);
  change.after = TableRow{columns, {Blob{std::string(size, 'x')}}};
  return change;
}

}  // namespace

Place Feed::beginning() const {
  if (broken_ == Broken::empty_is_now) {
    return {.began = database_->head(), .change = database_->head(), .row = database_->rows()};
  }
  if (!world_->source.snapshot) return {.row = database_->rows()};
  return {.began = database_->head(), .change = database_->head()};
}

Result<void> Feed::open(const Position& after) {
  if (world_->fault(30)) return fail(lost_connection());
  const Place place = after.empty() ? beginning() : Place::of(after);
  const bool lost = (database_->forgot(place) && broken_ != Broken::silent_loss) ||
                    (broken_ == Broken::false_gap && opened_before_);
  if (lost && world_->source.on_lost == OnLost::stop) {
    return fail(history_lost(place, Remedy::stop));
  }
  if (broken_ != Broken::stale_read || !opened_before_) at_ = place;
  if (broken_ == Broken::silent_loss && database_->forgot(at_)) {
    at_.change = database_->forgotten();
  }
  gap_ = lost;
  if (gap_) {
    at_ = {.began = database_->head(), .change = database_->head()};
    if (world_->source.on_lost == OnLost::skip) at_.row = database_->rows();
  }
  opened_before_ = true;
  head_at_open_ = database_->head();
  return {};
}

Result<ChangeBatch> Feed::read(const ReadLimits& limits) {
  if (world_->fault(10)) return fail(lost_connection());
  if (database_->forgot(at_) && broken_ != Broken::silent_loss) {
    // The retry opens it again, and open() applies the policy.
    const bool stop = world_->source.on_lost == OnLost::stop;
    return fail(history_lost(at_, stop ? Remedy::stop : Remedy::retry));
  }
  ChangeBatch batch;
  const std::uint64_t count = world_->chance.between(1, limits.count);
  const auto add = [&](Change change) {
    const std::size_t size = footprint(change);
    batch.add(std::move(change), size);
  };
  if (std::exchange(gap_, false)) add(gap());
  while (batch.changes.size() < count && batch.bytes < limits.bytes && ready()) {
    if (auto change = step()) add(*std::move(change));
  }
  batch.position = at_.position();
  if (broken_ == Broken::wrong_position && at_.change < database_->head()) {
    Place wrong = at_;
    ++wrong.change;
    batch.position = wrong.position();
  }
  batch.current = database_->complete(at_, head_at_open_);
  batch.backlog = database_->head() - at_.change;
  return batch;
}

std::optional<Change> Feed::step() {
  return at_.change < database_->head() ? next_change() : next_row();
}

std::optional<Change> Feed::next_change() {
  const Database::Change& next = database_->change(at_.change + 1);
  if (next.row != 0 && !database_->is_covered(at_, next.row) && world_->source.reads_ahead &&
      database_->exists(next.row, at_.change)) {
    at_.ahead = true;
    return row_read(next.row);
  }
  at_.ahead = false;
  const bool comes_with_its_row =
      next.row != 0 && !world_->source.reads_ahead && !database_->is_covered(at_, next.row);
  ++at_.change;
  if (next.row == 0 || comes_with_its_row) return std::nullopt;
  Change change = with_payload("c" + std::to_string(at_.change), next.size);
  change.position = at_.position();
  return change;
}

std::optional<Change> Feed::next_row() {
  const bool already_covered = database_->is_covered(at_, at_.row + 1);
  ++at_.row;
  if (already_covered || !database_->exists(at_.row, at_.change)) return std::nullopt;
  return row_read(at_.row);
}

Change Feed::row_read(std::uint64_t row) const {
  const std::uint64_t as_of = world_->source.reads_ahead ? at_.began : at_.change;
  const std::uint64_t last = database_->last_change(row, at_.change);
  Change change = with_payload("r" + std::to_string(row) + "@" + std::to_string(as_of),
                               database_->change(last).size);
  change.op = Op::read;
  change.position = at_.position();
  return change;
}

Change Feed::gap() const {
  const bool restated = world_->source.on_lost == OnLost::snapshot;
  Change change;
  change.op = Op::gap;
  change.id = (restated ? "v" : "g") + std::to_string(at_.change);
  change.gap = Gap{.reason = "simulated", .restated = restated};
  change.position = at_.position();
  return change;
}

}  // namespace headwater::simulation
