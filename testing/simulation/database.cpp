#include "testing/simulation/database.h"

#include <algorithm>
#include <memory>

namespace headwater::simulation {
namespace {

Error lost_connection() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.away",
          .message = "simulated: the connection broke"};
}

}  // namespace

std::uint64_t sequence_of(const Position& position) {
  return position.empty() ? 0 : std::stoull(position.token);
}

Position position_at(std::uint64_t sequence) {
  return sequence == 0 ? Position{} : Position{std::to_string(sequence)};
}

void Database::commit(std::uint64_t changes) {
  world_->trace([&] { return "commit of " + std::to_string(changes); });
  for (std::uint64_t i = 0; i < changes; ++i) {
    const bool counts = !world_->chance.in_thousand(250);
    // Now and then one larger than all queues together.
    const std::size_t size =
        world_->chance.in_thousand(10) ? 20'000 : world_->chance.between(0, 500);
    const std::uint64_t before = log_.empty() ? 0 : log_.back().in_scope_so_far;
    log_.push_back({before + (counts ? 1 : 0), size});
    if (!counts) continue;
    in_scope_.push_back(log_.size());
    largest_ = std::max(largest_, footprint(change(log_.size())));
  }
  for (const auto& wake : on_commit) wake();
}

void Database::release(std::uint64_t sequence) {
  if (sequence > history_) forgotten_ = std::max(forgotten_, sequence - history_);
}

Change Database::change(std::uint64_t sequence) const {
  static const auto columns =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"payload"});
  Change change;
  change.id = std::to_string(sequence);
  change.position = position_at(sequence);
  change.after = Row{columns, {Blob{std::string(log_[sequence - 1].size, 'x')}}};
  return change;
}

Result<void> Feed::open(const Position& after) {
  if (world_->mishap(30)) return fail(lost_connection());
  const std::uint64_t sequence = sequence_of(after);
  if (sequence < database_->forgotten()) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.history_lost",
                 .message = "opened at " + after.token + ", but forgotten up to " +
                            std::to_string(database_->forgotten())});
  }
  if (broken_ != Broken::stale_read || !opened_before_) at_ = sequence;
  opened_before_ = true;
  head_at_open_ = database_->head();
  return {};
}

Result<ChangeBatch> Feed::read(const ReadLimits& limits) {
  if (world_->mishap(10)) return fail(lost_connection());
  if (at_ < database_->forgotten()) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.history_lost",
                 .message = "reading at " + std::to_string(at_) + ", but forgotten up to " +
                            std::to_string(database_->forgotten())});
  }
  ChangeBatch batch;
  const std::uint64_t count = world_->chance.between(1, limits.count);
  std::size_t bytes = 0;
  while (at_ < database_->head()) {
    if (database_->is_in_scope(at_ + 1)) {
      Change change = database_->change(at_ + 1);
      bytes += footprint(change);
      const bool full = batch.changes.size() == count || bytes > limits.bytes;
      if (full && !batch.changes.empty()) break;
      batch.changes.push_back(std::move(change));
    }
    ++at_;
  }
  batch.position = position_at(at_);
  if (broken_ == Broken::wrong_position && at_ < database_->head()) {
    batch.position = position_at(at_ + 1);
  }
  batch.current = at_ >= head_at_open_;
  batch.backlog = database_->head() - at_;
  return batch;
}

}  // namespace headwater::simulation
