// A configured database or broker, not yet connected. One for each kind, made from the
// configuration by the registry (src/adapters).
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/audit.h"
#include "src/ports/hint.h"
#include "src/ports/report.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"

namespace headwater {

/// What the order of a source's changes, or of a stream's events, says.
enum class Ordering {
  total,    ///< All are in the order in which they were committed.
  for_key,  ///< Only those of one key (a row or document) are.
};

/// All calls block, and each may be made from any thread.
class SourceAdapter {
 public:
  virtual ~SourceAdapter() = default;

  /// For messages: "sqlite shop.db".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// The database's file on this machine; empty: none.
  [[nodiscard]] virtual std::string file() const { return {}; }

  /// Whether a relay of this source and a relay of `other` would publish some change under the same
  /// source and id, as far as the configuration shows.
  [[nodiscard]] virtual bool publishes_the_same_as(const SourceAdapter& /*other*/) const {
    return false;
  }

  /// Connects to the database together with `other` from now on, if both go to the same one: it has
  /// fewer connections then. Called before either connects.
  virtual void share_connections(const SourceAdapter& /*other*/) {}

  /// Of the changes that it returns.
  [[nodiscard]] virtual Ordering ordering() const { return Ordering::total; }

  /// Makes the database ready for the relay of this name; safe to repeat; reports what it did.
  virtual Result<Report> prepare(const std::string& relay) = 0;
  /// Where a new relay of this name begins. `init` saves it in the stream if the database does not
  /// remember when it was prepared. Empty: the database remembers.
  virtual Result<Position> beginning(const std::string& /*relay*/) { return Position(); }
  /// Removes what prepare() created for this relay, and the rest with the last relay.
  virtual Result<Report> remove(const std::string& relay) = 0;
  /// Changes nothing. `tail` is the stream's, if it could be read.
  virtual Report check(const std::string& relay, const std::optional<Tail>& tail) = 0;

  /// What the configuration does about an event that is too large for the stream.
  [[nodiscard]] virtual OnLarge on_large() const { return OnLarge::stop; }

  /// Fails with `source.not_prepared` before prepare().
  virtual Result<std::unique_ptr<Source>> connect(const std::string& relay) = 0;
  virtual Result<std::unique_ptr<Audit>> audit(const std::string& relay) = 0;
  /// A hint in this database at who leads; null: it cannot have one. What this adapter refers to must
  /// outlive it.
  virtual std::unique_ptr<HintAdapter> sync_document(Milliseconds /*lapse_after*/) {
    return nullptr;
  }

  /// Parses and checks a position: "earliest" (before the first change the database still has),
  /// "latest" (now), or the source's own format.
  virtual Result<Position> position(const std::string& relay, const std::string& words) = 0;
  /// Has the rows of `tables` published once more as `read` events, joined to the changes without
  /// gap or overlap. `tail` is the relay's. Returns the position that holds the request, for the
  /// caller to save in the stream; nothing if the database has noted the request, which a running
  /// relay then notices by itself. `filter` selects rows, in the database's own words; empty: all.
  ///
  /// Fails with stop: `source.no_snapshot` (this source cannot), `source.no_such_table`,
  /// `source.not_in_scope` (the relay does not publish the table), `source.snapshot_running` (the
  /// last one is not finished), `source.no_filter` or `source.bad_filter`. Nothing is requested then.
  virtual Result<std::optional<Position>> read_again(const std::string& relay, const Tail& tail,
                                                     const std::vector<std::string>& tables,
                                                     const std::string& filter);
  /// Whether `a` comes before `b`, as far as the positions alone show.
  [[nodiscard]] virtual std::partial_ordering order(const Position& a, const Position& b) const {
    return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }
  /// Whether everything up to a write has been published once the relay is at `position`. `write` is
  /// what a writer knows after its commit: a change number, an operation time; docs/wait.md says
  /// which for each source. False for the empty position. Fails with stop, `source.bad_write`, for
  /// other words, and as the database does.
  virtual Result<bool> includes(const std::string& relay, const Position& position,
                                const std::string& write);
  /// One line for a person: "change 4711 of shop.db".
  [[nodiscard]] virtual std::string explain(const Position& position) const = 0;
};

/// The error for words that name no write of a source. `form` is how they should look.
[[nodiscard]] inline Error bad_write(const std::string& words, const std::string& form) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "source.bad_write",
          .message = "'" + words + "' does not say which write is meant",
          .next = "give " + form};
}

inline Result<bool> SourceAdapter::includes(const std::string& /*relay*/,
                                            const Position& /*position*/,
                                            const std::string& write) {
  return fail(bad_write(write, "another source: this one does not know its writes by a number"));
}

inline Result<std::optional<Position>> SourceAdapter::read_again(
    const std::string& relay, const Tail& /*tail*/, const std::vector<std::string>& /*tables*/,
    const std::string& /*filter*/) {
  return fail({.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "source.no_snapshot",
               .message = describe() + " cannot read single tables again",
               .next = "headwater position -c FILE --relay " + relay +
                       " reset, which publishes everything again"});
}

/// One section of a configuration may name several things to follow. Each gets its own relay.
struct NamedSource {
  std::string name;  ///< Distinguishes it from the others; empty if it is the only one.
  std::unique_ptr<SourceAdapter> adapter;

  /// The name of its relay, if `configured` is the one in the configuration.
  [[nodiscard]] std::string relay_name(const std::string& configured) const {
    return name.empty() ? configured : configured + "." + name;
  }
};

/// All calls block, and each may be made from any thread.
class StreamAdapter {
 public:
  virtual ~StreamAdapter() = default;

  /// For messages: "embedded stream events.db".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// The stream's file on this machine; empty: none.
  [[nodiscard]] virtual std::string file() const { return {}; }
  /// Whether it can compare and append; if not, its events come at least once.
  [[nodiscard]] virtual bool exactly_once() const = 0;
  /// Of its events, as its own clients read them.
  [[nodiscard]] virtual Ordering ordering() const { return Ordering::total; }
  /// Whether several relays may append to it, each with its own fence.
  [[nodiscard]] virtual bool takes_several_relays() const = 0;

  /// How long a relay pauses at the most between two small appends, if its configuration does not
  /// say. More than 0 where an append costs the stream much, however little it holds.
  [[nodiscard]] virtual Milliseconds append_pause() const { return Milliseconds(0); }

  /// After this age, retention may remove an event, as the stream is set up now; nothing: age removes
  /// none. Blocks where the broker has to be asked.
  virtual Result<std::optional<Milliseconds>> retention_age() { return {std::nullopt}; }

  virtual Result<Report> prepare(const std::string& relay) = 0;
  /// Forgets the relay's tail. Never removes events.
  virtual Result<Report> remove(const std::string& relay) = 0;
  virtual Report check(const std::string& relay) = 0;

  virtual Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) = 0;
  /// Fails with `stream.not_readable` if the stream cannot be read back.
  virtual Result<std::unique_ptr<StreamReader>> reader() = 0;
};

}  // namespace headwater
