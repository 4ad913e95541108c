#include "src/sources/sqlite/feed/trimmer.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "src/base/number_in.h"
#include "src/sources/sqlite/capture/catalog.h"

namespace headwater::sqlite {
namespace {

using std::chrono::microseconds;

// A piece ends at whichever comes first.
constexpr auto time_per_piece = microseconds(1000);
constexpr std::int64_t rows_trimmed_at_once = 1024;
constexpr std::int64_t rows_per_step = 32;

constexpr auto pause_between_pieces = Milliseconds(5);
constexpr auto pause_when_locked = Milliseconds(20);
// How often a relay's progress alone is saved; the log grows by that much.
constexpr auto save_interval = Milliseconds(1000);
constexpr std::int64_t save_rows = 512;

}  // namespace

Result<Trimmer> Trimmer::on(Database& database, const Clock& clock, const std::string& relay,
                            Milliseconds history) {
  Parts parts;
  const std::array<std::pair<Statement*, const char*>, 6> statements{{
      {&parts.confirm, "UPDATE _headwater_relays SET confirmed = max(confirmed, ?) WHERE name = ?"},
      {&parts.hold,
       "UPDATE _headwater_relays SET confirmed = ?1 WHERE name = ?2 AND confirmed > ?1"},
      {&parts.save_mark, "INSERT OR REPLACE INTO _headwater_meta(key, value) VALUES(?, ?)"},
      {&parts.bound, "SELECT min(confirmed) FROM _headwater_relays"},
      {&parts.least, "SELECT min(seq) FROM _headwater_log"},
      {&parts.remove, "DELETE FROM _headwater_log WHERE seq >= ? AND seq < ?"},
  }};
  for (const auto& [to, sql] : statements) {
    auto statement = database.prepare(sql);
    if (!statement) return failed(statement);
    *to = std::move(*statement);
  }
  Trimmer trimmer(database, clock, relay, history, std::move(parts));
  if (auto loaded = trimmer.load_mark(); !loaded) return failed(loaded);
  return trimmer;
}

Trimmer::Trimmer(Database& database, const Clock& clock, std::string relay, Milliseconds history,
                 Parts parts)
    : database_(&database),
      clock_(&clock),
      relay_(std::move(relay)),
      history_(history),
      parts_(std::move(parts)) {}

/// The mark outlives the process, so that a relay that restarts all the time still trims.
Result<void> Trimmer::load_mark() {
  auto text = database_->text("SELECT value FROM _headwater_meta WHERE key = " +
                              quote_text("mark:" + relay_));
  if (!text) return failed(text);
  std::string_view rest = *text;
  const auto seq = take_number<std::int64_t>(rest);
  if (!seq || rest.empty()) return {};
  rest.remove_prefix(1);
  if (const auto time = take_number<std::int64_t>(rest)) mark_ = Mark{.seq = *seq, .time = *time};
  return {};
}

Result<void> Trimmer::forget() {
  confirmed_ = free_ = saved_ = 0;
  mark_changed_ = false;
  mark_.reset();
  return load_mark();
}

void Trimmer::confirm(std::int64_t seq) { confirmed_ = std::max(confirmed_, seq); }

Result<bool> Trimmer::hold(std::int64_t seq) {
  auto row = load_relay(*database_, relay_);
  if (!row) return failed(row);
  if (!*row || (*row)->confirmed <= seq) return false;
  confirmed_ = free_ = saved_ = seq;
  mark_ = Mark{.seq = seq, .time = clock_->wall().time_since_epoch().count()};
  mark_changed_ = true;
  auto held = database_->transaction("IMMEDIATE", [&]() -> Result<void> {
    parts_.hold.bind(0, seq).bind_text(1, relay_);
    if (auto run = parts_.hold.run(); !run) return run;
    return save();
  });
  if (!held) return failed(held);
  return true;
}

/// Moves the mark on; true if there is something to save or to remove.
bool Trimmer::ripen() {
  if (confirmed_ == 0) return mark_changed_;
  const std::int64_t now = clock_->wall().time_since_epoch().count();
  if (history_.count() == 0) {
    free_ = confirmed_;
  } else if (!mark_ || mark_->time > now) {
    mark_ = Mark{.seq = confirmed_, .time = now};
    mark_changed_ = true;
  } else if (now - mark_->time >= history_.count()) {
    free_ = std::max(free_, mark_->seq);
    if (confirmed_ > mark_->seq) {
      mark_ = Mark{.seq = confirmed_, .time = now};
      mark_changed_ = true;
    }
  }
  return mark_changed_ || free_ > saved_;
}

std::optional<Milliseconds> Trimmer::rest() const {
  if (more_) return pause_between_pieces;
  if (mark_changed_ || free_ > saved_) return save_interval;
  if (confirmed_ == 0) return std::nullopt;
  if (history_.count() == 0 || !mark_) return std::nullopt;
  if (mark_->seq <= saved_ && confirmed_ <= mark_->seq) return std::nullopt;
  const Milliseconds ripe_in =
      Milliseconds(mark_->time) + history_ - clock_->wall().time_since_epoch();
  return std::max(ripe_in, pause_between_pieces);
}

Result<std::int64_t> Trimmer::work() {
  const SteadyTime now = clock_->steady();
  if (now < next_try_) return 0;
  if (ripen() && (now - last_save_ >= save_interval || free_ - saved_ >= save_rows)) more_ = true;
  if (!more_) return 0;

  std::int64_t removed = 0;
  const auto saved_before = std::pair(saved_, mark_changed_);
  const Milliseconds busy = database_->busy();
  database_->set_busy(Milliseconds(0));
  auto done = database_->transaction("IMMEDIATE", [&] { return piece(removed); });
  database_->set_busy(busy);
  if (done) {
    last_save_ = now;
    more_ = removed > 0;
    return removed;
  }
  if (done.error().remedy != Remedy::retry) return failed(done);
  std::tie(saved_, mark_changed_) = saved_before;
  next_try_ = now + pause_when_locked;
  return 0;
}

Result<void> Trimmer::piece(std::int64_t& removed) {
  if (auto saved = save(); !saved) return saved;
  auto there = parts_.bound.step();
  if (!there) return failed(there);
  const std::int64_t bound = parts_.bound.integer(0);
  parts_.bound.reset();
  there = parts_.least.step();
  if (!there) return failed(there);
  const std::int64_t least = parts_.least.integer(0);
  parts_.least.reset();
  if (least == 0 || least >= bound) return {};
  auto count = remove_some(least, bound);
  if (!count) return failed(count);
  removed = *count;
  return {};
}

Result<void> Trimmer::save() {
  if (free_ > saved_) {
    parts_.confirm.bind(0, free_).bind_text(1, relay_);
    if (auto run = parts_.confirm.run(); !run) return run;
    saved_ = free_;
  }
  if (!mark_changed_) return {};
  const std::string key = "mark:" + relay_;
  const std::string value = std::to_string(mark_->seq) + " " + std::to_string(mark_->time);
  parts_.save_mark.bind_text(0, key).bind_text(1, value);
  if (auto run = parts_.save_mark.run(); !run) return run;
  mark_changed_ = false;
  return {};
}

Result<std::int64_t> Trimmer::remove_some(std::int64_t first, std::int64_t bound) {
  const SteadyTime begun = clock_->steady();
  const std::int64_t stop = std::min(bound, first + rows_trimmed_at_once);
  std::int64_t at = first;
  do {  // at least one step, however slow the machine is
    const std::int64_t next = std::min(stop, at + rows_per_step);
    parts_.remove.bind(0, at).bind(1, next);
    if (auto run = parts_.remove.run(); !run) return failed(run);
    at = next;
  } while (at < stop && clock_->steady() - begun < time_per_piece);
  return at - first;
}

}  // namespace headwater::sqlite
