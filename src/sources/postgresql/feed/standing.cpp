#include "src/sources/postgresql/feed/standing.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/ports/loss.h"
#include "src/sources/postgresql/feed/passed_over.h"
#include "src/sources/shared/errors.h"

namespace headwater::postgresql {
namespace {

constexpr const char* slot_query =
    "SELECT confirmed_flush_lsn, wal_status, plugin, database, coalesce(two_phase, false), "
    "active_pid, safe_wal_size FROM pg_replication_slots WHERE slot_name = $1";

/// NULL is nothing.
std::optional<std::uint64_t> bytes_in(std::string_view text) {
  const auto number = whole_number<std::int64_t>(text);
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(std::max(*number, std::int64_t{0}));
}

Error wrong_slot(const std::string& why, const std::string& slot) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.wrong_slot",
          .message = "replication slot " + slot + " cannot be used: " + why,
          .next = "configure another `slot`, or drop it: SELECT pg_drop_replication_slot(" +
                  quote_text(slot) + "); then headwater init -c FILE"};
}

std::string place_of(const Cursor& at) {
  return text_of(at.lsn) + " of timeline " + std::to_string(at.timeline);
}

/// The slot was made after the position, as `init` does after a failover.
Result<Cursor> resume_at_slot(Server& server, const Cursor& at, const Slot& slot,
                              const ReplicationLink& link, const std::stop_token& stop) {
  const std::string begins = "the position is " + place_of(at) +
                             ", and the replication slot begins at " + text_of(slot.confirmed);
  if (at.inside) return fail(sources::loss_error(history_lost, begins));
  auto committed = committed_between(server, link.timelines, at.lsn, slot.confirmed, stop);
  if (committed && !*committed) {
    return Cursor{.timeline = link.timelines.owner_of_end(slot.confirmed), .lsn = slot.confirmed};
  }
  if (committed) {
    return fail(
        sources::loss_error(history_lost, begins + ": transactions were committed in between"));
  }
  Failure& why = committed.error();
  if (why.state.empty() && why.error.remedy == Remedy::retry) return fail(std::move(why.error));
  return fail(sources::loss_error(
      history_lost,
      begins + "; whether anything was committed in between does not show: " + why.error.message,
      "allow the relay's user `replication` in pg_hba.conf"));
}

}  // namespace

Error not_prepared(const std::string& what) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.not_prepared",
          .message = what,
          .next = "headwater init -c FILE"};
}

Error given_up(std::string message) {
  return sources::loss_error(
      history_lost, std::move(message),
      "headwater init -c FILE, which makes the slot again; before that, ALTER SYSTEM SET "
      "max_slot_wal_keep_size = '100GB'");
}

Result<std::optional<Slot>> slot_of(Server& server, const std::stop_token& stop) {
  auto found = server.ask(slot_query, {server.options().slot}, stop);
  if (!found) return failed(found);
  if (found->rows() == 0) return std::optional<Slot>();
  return std::optional(Slot{.confirmed = lsn_from(found->view(0, 0)).value_or(0),
                            .wal_status = found->text(0, 1),
                            .plugin = found->text(0, 2),
                            .database = found->text(0, 3),
                            .two_phase = found->flag(0, 4),
                            .reader = found->text(0, 5),
                            .safe_bytes = bytes_in(found->view(0, 6))});
}

Result<Slot> usable_slot(Server& server, const std::stop_token& stop) {
  auto found = slot_of(server, stop);
  if (!found) return failed(found);
  const std::string& name = server.options().slot;
  if (!*found) return fail(not_prepared("there is no replication slot " + name));
  const Slot& slot = **found;
  if (slot.plugin != "pgoutput") {
    return fail(wrong_slot("its plugin is not pgoutput but " + slot.plugin, name));
  }
  if (slot.database != server.facts().database) {
    return fail(wrong_slot("it is of the database " + slot.database, name));
  }
  if (slot.two_phase) {
    return fail(wrong_slot("it decodes prepared transactions before they commit", name));
  }
  return *std::move(*found);
}

Result<Cursor> resume(Server& server, const Cursor& at, const Slot& slot,
                      const ReplicationLink& link, const std::stop_token& stop) {
  const std::string place = place_of(at);
  // Inside a transaction, the position is where its commit begins.
  if (!link.timelines.includes(at.timeline, at.inside ? at.lsn + 1 : at.lsn)) {
    return fail(sources::loss_error(
        went_back, "the position is " + place + ", which is not in the history of timeline " +
                       std::to_string(link.timelines.current()) +
                       ": another server was promoted, or a backup restored"));
  }
  if (at.timeline == link.timelines.current() && at.lsn > link.flushed) {
    return fail(sources::loss_error(went_back, "the position is " + place +
                                                   ", and the server's write-ahead log ends at " +
                                                   text_of(link.flushed)));
  }
  if (slot.wal_status == "lost") {
    return fail(given_up("the server has given up the replication slot, because it kept too much"));
  }
  if (at.lsn >= slot.confirmed) return at;
  return resume_at_slot(server, at, slot, link, stop);
}

}  // namespace headwater::postgresql
