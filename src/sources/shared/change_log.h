// One of the two things a source brings to be joined: the database's log of changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/position.h"
#include "src/ports/durable.h"
#include "src/ports/source.h"
#include "src/sources/shared/place.h"

namespace headwater::sources {

struct LogChange {
  /// Without its position. Its transaction needs only the id; `last` is true if the log knows that
  /// no other change of it follows, else the join finds out.
  Change change{};
  /// Where it was committed. Never before the point of an earlier change. All changes of a
  /// transaction have the same one.
  LogPoint point{};
  bool of_a_row = false;  ///< An insert, update, replacement or removal of one row.
  /// The row's key as TableReader::ahead() wants it. Needed only if want_keys() said so.
  std::string key{};
};

/// Something committed that the log has to reach: everything up to `point`, and everything that was
/// there when the mark was made.
struct Mark {
  LogPoint point{};
  std::uint64_t look = 0;  ///< For logs whose points do not tell all: how often they had looked.
};

/// What waiting for changes has brought.
enum class Came {
  more,     ///< next() may have some.
  end,      ///< next() has none; and there was nothing more when the log looked.
  nothing,  ///< The time is over, or a stop was requested.
};

enum class StartAt {
  now,     ///< The next change to be committed.
  oldest,  ///< The oldest change the database still has, as near as it can tell.
};

/// The committed and durable changes of a database, in commit order. One thread at a time. After an
/// error, seek() or start() comes before anything else. Errors have Origin::source.
class ChangeLog {
 public:
  virtual ~ChangeLog() = default;

  /// Goes to the place after `position`, and returns the join's part of it. Whatever was read is
  /// forgotten. Blocks and fails as Source::open() does.
  virtual Result<Place> seek(const Position& position, const std::stop_token& stop) = 0;
  /// The same with a place that no position describes.
  virtual Result<void> start(StartAt where, const std::stop_token& stop) = 0;
  /// Forgets whatever was read and lets go of what the database holds for it.
  virtual void stop() = 0;
  /// Whether LogChange::key is needed from here on: while a snapshot is in progress.
  virtual void want_keys(bool /*wanted*/) {}
  /// Everything that was committed before the last seek() or start().
  [[nodiscard]] virtual Mark opened() const = 0;

  /// The next change; nullptr if none is at hand. Does not wait for one. The caller may move from
  /// it. Valid until next() is called after take().
  virtual Result<LogChange*> next() = 0;
  /// The change that next() gave has been dealt with: position() moves to the place after it.
  virtual void take() = 0;
  /// About how many changes next() can give without waiting; 0 only if there are none.
  [[nodiscard]] virtual std::size_t at_hand() const = 0;
  /// Waits until one of Came. `wait` may be zero or negative: then it looks once. `soon`: somebody
  /// wants to know at once when the log is at its end.
  virtual Result<Came> wait(Milliseconds wait, bool soon, const std::stop_token& stop) = 0;
  /// Came::end has been dealt with: position() may move to the place where the log looked.
  virtual void take_end() {}

  /// The last point that next() may have given all changes of, or some.
  [[nodiscard]] virtual LogPoint taken() const = 0;
  [[nodiscard]] virtual Mark mark(LogPoint point) const = 0;
  /// next() has given everything up to the mark. Asked only when next() gives nothing.
  [[nodiscard]] virtual bool reached(const Mark& mark) const = 0;

  /// The position after the last change taken. Cheap: called for every change.
  [[nodiscard]] virtual Position position(const Place& place) const = 0;
  /// Says in a gap's change what it is of: database, table, time, and where the gap ends and
  /// `lost`, the position before it, is in words.
  virtual void describe_gap(Change& gap, const Position& lost) const = 0;
  /// Committed and not yet taken, if that is known cheaply.
  [[nodiscard]] virtual std::optional<std::uint64_t> backlog() const { return std::nullopt; }
  /// The last look at an error of the log or the tables, before the source returns it.
  virtual Error last_word(Error error) { return error; }
  /// See Source::until_loss().
  virtual Result<UntilLoss> until_loss(const Position& /*position*/) { return UntilLoss(); }
  /// See Source::lag().
  [[nodiscard]] virtual std::optional<SourceLag> lag(const Position& /*position*/) const {
    return std::nullopt;
  }
  /// See Source::tend_interval() and Source::tend().
  [[nodiscard]] virtual Milliseconds tend_interval() const { return Milliseconds(0); }
  virtual Result<void> tend() { return {}; }
  /// See Source::release().
  virtual Result<void> release(const Durable& /*durable*/) { return {}; }
};

}  // namespace headwater::sources
