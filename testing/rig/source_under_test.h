// A source that the disasters run on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/server_under_test.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

class Pipeline;

/// What a scenario does to the source. For a harmless one, the source may be cheaper: a shared
/// server that does not sync.
enum class Harm {
  none,
  network,  ///< Disturbs server().proxy(), or pauses the server.
  server,   ///< Kills the server, or restores the database from a backup.
  history,  ///< Calls lose_history().
};

/// A kind of source for the disasters: an empty database of a shop, which the constructor creates,
/// programs that write to it, and checks that do not use the product. Each source implements this.
///
/// The database has a table `orders`, and whatever else is special about the source. A function
/// that cannot return an error ends the test program instead.
class SourceUnderTest {
 public:
  virtual ~SourceUnderTest() = default;

  /// The value of `source:` in the configuration, on one line. `keys` are more keys, each after a
  /// comma. The scenarios use those that all sources have, such as on_lost_position.
  [[nodiscard]] virtual std::string configuration(const std::string& keys) const = 0;

  // The load.

  /// A program that inserts, updates and deletes rows, and counts the changes that a relay
  /// publishes. The source must outlive it. Any thread may call.
  virtual Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) = 0;
  /// Inserts `count` new orders in one transaction, each with a note of `note_bytes`.
  virtual void insert_orders(int count, std::size_t note_bytes) = 0;
  /// Inserts `count` orders before `headwater init`; a snapshot must publish each once. Returns
  /// false, without inserting, if this source cannot do that.
  virtual bool place_orders(int count) = 0;
  /// Submits order `number` several times, as a client does after a timeout, with each of the
  /// database's ways to prevent duplicates. Returns how many rows that made.
  virtual int submit_order(int number) = 0;
  [[nodiscard]] virtual bool has_order(int number) = 0;

  // The expected content of the stream.

  /// changes() starts here. Called before `headwater init`, while nobody writes.
  virtual void begin() {}
  /// The event ids of all changes committed since begin(), in order, found without the product's
  /// help.
  [[nodiscard]] virtual std::vector<std::string> changes() = 0;
  /// The number of changes(). Override it if counting is cheaper.
  [[nodiscard]] virtual std::uint64_t committed() { return changes().size(); }
  /// Compares the ids of a stream's changes with changes(); after lose_history(), only those after
  /// the gap. Returns the first error; empty if there is none. Override it if other orders are
  /// correct, too. `joined`: how many of the ids the stream has before the last row of a snapshot,
  /// which may leave out changes.
  [[nodiscard]] virtual std::string difference(const std::vector<std::string>& ids,
                                               std::size_t joined);
  /// Whether a snapshot leaves out changes to rows that it has still to read.
  [[nodiscard]] virtual bool leaves_out_changes() const { return false; }
  /// Compares the ids of a snapshot's events with the rows of place_orders(). Returns the first
  /// error.
  [[nodiscard]] virtual std::string read_difference(const std::vector<std::string>& ids) = 0;
  /// Compares a consumer's copy with the database. `copy` is a SQLite file with a table rows(key,
  /// row): the events' partitionkey, and the row as JSON. Returns the first difference.
  [[nodiscard]] virtual std::string copy_difference(const std::string& copy) = 0;
  /// Whether the database lets in one relay at a time, so that two never append at once.
  [[nodiscard]] virtual bool has_one_reader() const { return false; }
  /// Whether the database can keep the hint of `standby: { sync_document: … }`.
  [[nodiscard]] virtual bool has_sync_document() const { return true; }
  /// Whether it can tell again what was in the stream, so that a stream that lost its end, or was made
  /// anew, can have it again. If not, that is a lost history.
  [[nodiscard]] virtual bool can_tell_again() const { return true; }
  /// Whether events name their transaction.
  [[nodiscard]] virtual bool names_transactions() const { return true; }

  // The disasters. Relays may be running.

  /// Null if the database is a file.
  virtual ServerUnderTest* server() { return nullptr; }
  /// Makes a backup of the database.
  virtual void keep_backup() = 0;
  /// Restores the backup, which loses everything written since.
  virtual void go_back() = 0;
  /// Commits changes that are not in the stream, and makes the database forget them, in a way that
  /// can happen to this database. May use writers, relays and the stream's copy. Before the call,
  /// the stream must have everything, and no relay may run.
  virtual void lose_history(Pipeline& pipeline) = 0;

  // The amount of work.

  /// Divides the transactions and other slow work in a quick run.
  [[nodiscard]] virtual int slowness() const { return 1; }
  /// How many short-lived relays a test may run (disasters/lives.h).
  [[nodiscard]] virtual int lives() const { return 200; }
};

using MakeSource =
    std::function<std::unique_ptr<SourceUnderTest>(const TemporaryFolder& folder, Harm harm)>;

struct SourceKind {
  const char* name;
  MakeSource make;
  /// Why this source cannot be made here, or cannot be harmed like that; empty: it can. The
  /// scenario is skipped with this reason, which tools/expected-skips must list. Null: it always
  /// can.
  std::string (*impossible)(Harm harm) = nullptr;
  /// A stream that it runs on in a quick run too, besides the embedded one. Null: none.
  const char* also_on = nullptr;
};

/// The first difference of two lists; empty if there is none.
[[nodiscard]] std::string first_difference(const std::vector<std::string>& expected,
                                           const std::vector<std::string>& found);

}  // namespace headwater::rig
