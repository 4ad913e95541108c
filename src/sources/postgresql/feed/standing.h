// Compares a position with what the server and the slot still have.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed/server.h"

namespace headwater::postgresql {

struct Slot {
  Lsn confirmed = 0;       ///< Changes committed before it are gone.
  std::string wal_status;  ///< "reserved", "extended", "unreserved", "lost".
  std::string plugin;
  std::string database;
  bool two_phase = false;
  std::string reader;  ///< Process that reads it now; empty: none.
  /// Bytes of log until it may be lost; nothing: it is kept.
  std::optional<std::uint64_t> safe_bytes;
};

/// nullopt: there is none.
Result<std::optional<Slot>> slot_of(Server& server, const std::stop_token& stop);
/// Fails with `source.not_prepared`, or `source.wrong_slot` for one that is of no use.
Result<Slot> usable_slot(Server& server, const std::stop_token& stop);

/// Where a reader that was at `at` goes on: there, or where the slot begins, if nothing was committed
/// in between. Fails with `source.history_lost` or `source.went_back`: what comes after `at` is not
/// there, or not what it was. Blocks while it looks through the log in between.
Result<Cursor> resume(Server& server, const Cursor& at, const Slot& slot,
                      const ReplicationLink& link, const std::stop_token& stop);

[[nodiscard]] Error not_prepared(const std::string& what);
/// The server no longer keeps what comes after the slot.
[[nodiscard]] Error given_up(std::string message);

}  // namespace headwater::postgresql
