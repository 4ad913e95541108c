// Opening, and what a reader owes the server.
#include <algorithm>
#include <utility>

#include "src/base/wait_for.h"
#include "src/ports/loss.h"
#include "src/ports/stopped.h"
#include "src/sources/postgresql/feed/pg_log.h"
#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/shared/errors.h"

namespace headwater::postgresql {
namespace {

// The server frees a slot a little after its reader has gone.
constexpr Milliseconds slot_patience{5'000};
constexpr Milliseconds slot_pause{20};
// A confirmation moves what the server keeps; it is not urgent.
constexpr Milliseconds shortest_report_pause{100};
constexpr int tends_in_time = 3;

/// A database may have been renamed.
sources::Place here(sources::Place place, const std::string& database) {
  if (!place.snapshot) return place;
  if (place.snapshot->name != sources::TableName{}) place.snapshot->name.database = database;
  if (place.snapshot->request) {
    for (auto& table : place.snapshot->request->tables) table.database = database;
  }
  return place;
}

}  // namespace

PgLog::PgLog(std::shared_ptr<Server> server, ReplicationLink link,
             std::shared_ptr<Returned> returned, const Clock& clock)
    : server_(std::move(server)),
      link_(std::move(link)),
      timelines_(link_->timelines),
      returned_(std::move(returned)),
      clock_(&clock),
      head_(head_of(server_->facts().identity)),
      shapes_(*server_),
      maker_(shapes_) {
  maker_.set_database(server_->facts().database);
}

/// Who the server is now, unless that is known.
Result<void> PgLog::look_again(const std::stop_token& stop) {
  const bool was_open = feed_.has_value();
  this->stop();
  if (link_ && !was_open && link_->connection->is_open()) {
    auto asked = link_->connection->command("IDENTIFY_SYSTEM", stop);
    if (asked) {
      link_->flushed = lsn_from(asked->view(0, 2)).value_or(link_->flushed);
      return {};
    }
  }
  link_.reset();
  auto link = server_->link(stop);
  if (!link) return failed(link);
  link_ = *std::move(link);
  timelines_ = link_->timelines;
  head_ = head_of(server_->facts().identity);
  return {};
}

Result<sources::Place> PgLog::seek(const Position& position, const std::stop_token& stop) {
  auto decoded = decode(position);
  if (!decoded) return failed(decoded);
  if (auto looked = look_again(stop); !looked) return failed(looked);
  const std::string& ours = server_->facts().identity;
  if (decoded->source != ours) return fail(sources::other_database_error(decoded->source, ours));
  auto slot = usable_slot(*server_, stop);
  if (!slot) return failed(slot);
  auto at = resume(*server_, decoded->at, *slot, *link_, stop);
  if (!at) return failed(at);
  if (auto gone = go_to(*at, stop); !gone) return failed(gone);
  return here(std::move(decoded->place), server_->facts().database);
}

Result<void> PgLog::start(sources::StartAt where, const std::stop_token& stop) {
  if (auto looked = look_again(stop); !looked) return looked;
  auto slot = usable_slot(*server_, stop);
  if (!slot) return failed(slot);
  // A slot that is ahead of the server's end was restored with it.
  const Lsn lsn = where == sources::StartAt::now ? link_->flushed : slot->confirmed;
  auto at =
      resume(*server_, {.timeline = timelines_.owner_of_end(lsn), .lsn = lsn}, *slot, *link_, stop);
  if (!at) return failed(at);
  return go_to(*at, stop);
}

Result<void> PgLog::go_to(const Cursor& at, const std::stop_token& stop) {
  auto end = server_->ask("SELECT pg_current_wal_insert_lsn()", {}, stop);
  if (!end) return failed(end);
  at_ = at;
  skip_ = at.inside;
  taken_ = {.high = at.lsn};
  opened_ = end_before(lsn_from(end->view(0, 0)).value_or(0), server_->facts().segment_size);
  end_ = 0;
  seen_ = opened_;
  wanted_end_ = opened_;
  told_end_ = 0;
  flushed_ = 0;
  return {};
}

void PgLog::stop() {
  feed_.reset();
  transaction_.reset();
  queue_.clear();
  back_held_ = false;
  queued_bytes_ = 0;
  front_taken_ = false;
  passed_.reset();
  shapes_.forget();
}

/// False: a stop was requested. START_REPLICATION accepts a place that the slot has confirmed more
/// than, and leaves out what is between; so the slot is compared once nobody else can move it.
Result<bool> PgLog::take_slot(const std::stop_token& stop) {
  const SteadyTime until = clock_->steady() + slot_patience;
  for (;;) {
    if (!link_ || !link_->connection->is_open()) {
      auto link = server_->link(stop);
      if (!link) return failed(link);
      if (link->timelines.current() != timelines_.current()) {
        return fail({.remedy = Remedy::retry,
                     .origin = headwater::Origin::source,
                     .name = "source.unavailable",
                     .message = "the server was promoted meanwhile"});
      }
      link_ = *std::move(link);
    }
    const SourceOptions& options = server_->options();
    auto connection = std::move(link_->connection);
    link_.reset();
    auto feed = Replication::start(std::move(connection),
                                   {.slot = options.slot,
                                    .publication = options.publication_name(),
                                    .messages = options.messages},
                                   at_.lsn, stop);
    if (feed) {
      feed_.emplace(*std::move(feed));
      break;
    }
    if (stop.stop_requested()) return false;
    if (!feed.error().is(state::object_in_use) || clock_->steady() >= until) {
      return fail(error_of(std::move(feed.error())));
    }
    if (!wait_for(slot_pause, stop)) return false;
  }
  auto slot = usable_slot(*server_, stop);
  if (!slot) return failed(slot);
  if (at_.lsn < slot->confirmed) {
    return fail(sources::loss_error(history_lost,
                                    "another relay has moved the replication slot to " +
                                        text_of(slot->confirmed) + ", after " + text_of(at_.lsn)));
  }
  reported_ = 0;
  reported_at_ = clock_->steady();
  heard_at_ = reported_at_;
  asked_ = 0;
  return true;
}

/// What the server says may be in any language, so that the slot itself is looked at.
Error PgLog::error_of(Failure failure) {
  const std::string& name = server_->options().slot;
  if (failure.is(state::object_in_use)) {
    failure.error.next =
        "stop the other reader of slot " + name + ", or give each relay a slot of its own";
    return std::move(failure.error);
  }
  if (!failure.is(state::undefined_object) && !failure.is(state::not_in_prerequisite_state)) {
    return std::move(failure.error);
  }
  auto slot = slot_of(*server_, {});
  if (!slot) return std::move(slot.error());
  if (!*slot) return not_prepared("there is no replication slot " + name + " any more");
  if ((*slot)->wal_status == "lost") return given_up(failure.error.message);
  if (failure.is(state::undefined_object)) {
    failure.error.name = "source.no_publication";
    failure.error.next =
        "make the publication again, then headwater init -c FILE; if changes from before it wait: "
        "SELECT pg_drop_replication_slot(" +
        quote_text(name) + ") first";
  }
  return std::move(failure.error);
}

void PgLog::describe_gap(Change& gap, const Position& lost) const {
  gap.database = server_->facts().database;
  const auto before = decode(lost);
  if (before) gap.gap->from = text_of(before->at.lsn);
  gap.gap->to = text_of(at_.lsn);
}

/// As far as the server has been seen.
std::optional<SourceLag> PgLog::lag(const Position& position) const {
  const auto decoded = decode(position);
  const Lsn end = seen_;
  if (!decoded || end == 0) return std::nullopt;
  return SourceLag{.amount = end - std::min(end, decoded->at.lsn), .unit = SourceLag::Unit::bytes};
}

/// The slot keeps what it has not confirmed, whatever the position is.
Result<UntilLoss> PgLog::until_loss(const Position& /*position*/) {
  auto slot = slot_of(*server_, {});
  if (!slot) return failed(slot);
  if (!*slot || (*slot)->wal_status == "lost") return UntilLoss{.bytes = 0};
  return UntilLoss{.bytes = (*slot)->safe_bytes};
}

Result<void> PgLog::release(const Durable& durable) {
  auto position = decode(durable.tail().position);
  // Nothing is confirmed for the tail of something else.
  if (!position || position->source != server_->facts().identity) return {};
  if (!timelines_.includes(position->at.timeline, position->at.lsn)) return {};
  flushed_ = position->at.lsn;
  if (feed_ && clock_->steady() - reported_at_ >= shortest_report_pause) return report(false);
  return {};
}

Milliseconds PgLog::tend_interval() const {
  return server_->options().reader_timeout / tends_in_time;
}

Result<void> PgLog::tend() {
  if (!feed_) return {};
  return report(false);
}

Result<void> PgLog::report(bool reply) {
  reported_at_ = clock_->steady();
  reported_ = flushed_;
  return feed_->report(std::max(end_, at_.lsn), flushed_, reply);
}

}  // namespace headwater::postgresql
