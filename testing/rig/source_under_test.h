// The sources that the disasters run on.
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

/// What a scenario does to the source. The less it is, the cheaper the source may be made: a server
/// that scenarios share, which need not survive a kill.
enum class Harm {
  none,
  network,  ///< server().way() is cut, silent or slow; the server is paused.
  server,   ///< The server is killed, or the database is restored from a backup.
  history,  ///< lose_history() is called.
};

/// One kind of source as the disasters see it: a shop's database, made empty by the constructor,
/// the programs that write to it, and the look at it that owes nothing to the product. A later
/// source brings one of these.
///
/// The database has a table `orders`, and whatever else the source's peculiarities need. What has
/// no other way to fail ends the test program.
class SourceUnderTest {
 public:
  virtual ~SourceUnderTest() = default;

  /// What stands under `source:` in the configuration, on one line. `keys`: more keys, each with a
  /// comma before it; the scenarios use those that mean the same for every source, such as
  /// on_lost_position.
  [[nodiscard]] virtual std::string configuration(const std::string& keys) const = 0;

  // The load.

  /// A program that inserts, updates and deletes rows, and counts those that the relay publishes.
  /// The source must outlive it. Any thread.
  virtual Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) = 0;
  /// Inserts so many new orders in one transaction, each with a note of so many bytes.
  virtual void insert_orders(int count, std::size_t note_bytes) = 0;
  /// Inserts so many orders before `headwater init`, of which each must come once as a row read.
  /// False: it cannot be asked of this source, and nothing was done.
  virtual bool place_orders(int count) = 0;
  /// Submits order `number` as a client does that cannot know whether it was heard: again and
  /// again, by each means the database offers against doubling. How many rows that made.
  virtual int submit_order(int number) = 0;
  [[nodiscard]] virtual bool has_order(int number) = 0;

  // What has to be in the stream.

  /// Changes count from the first call on. Called before `headwater init`, while nobody writes.
  virtual void begin() {}
  /// The ids, as events have them, of all changes committed since begin(), in order, and found
  /// without the product's help.
  [[nodiscard]] virtual std::vector<std::string> changes() = 0;
  /// How many there are. Override it where counting is cheaper.
  [[nodiscard]] virtual std::uint64_t committed() { return changes().size(); }
  /// What is wrong with the ids of a stream's changes (after lose_history(), of those behind the
  /// gap); empty: nothing. Override it where the order of changes() is not the only one allowed.
  [[nodiscard]] virtual std::string difference(const std::vector<std::string>& ids);
  /// What is wrong with the ids of the rows read, of which place_orders() tells how many there are.
  [[nodiscard]] virtual std::string read_difference(const std::vector<std::string>& ids) = 0;
  /// What a consumer made of the events, against the database; empty if they agree. `copy`: a
  /// SQLite file with a table rows(key, row), by the events' partitionkey the row as JSON.
  [[nodiscard]] virtual std::string copy_difference(const std::string& copy) = 0;
  /// Whether events say which transaction they belong to.
  [[nodiscard]] virtual bool tells_transactions() const { return true; }

  // The disasters. Relays may be at work in all of them.

  /// The server and the way to it; null if the database is a file.
  virtual ServerUnderTest* server() { return nullptr; }
  /// Keeps a backup of the database as it is now.
  virtual void keep_backup() = 0;
  /// The database is the backup again: what was written since is lost.
  virtual void go_back() = 0;
  /// Changes that are not in the pipeline's stream are committed, and forgotten by the database,
  /// as it comes about with this database: its writers, relays and the stream's copy may be used.
  /// At the call the stream has everything, and no relay runs.
  virtual void lose_history(Pipeline& pipeline) = 0;

  // How much of all that.

  /// Of what takes the database's time, such as transactions, a quick run does one in so many.
  [[nodiscard]] virtual int slowness() const { return 1; }
  /// How many lives of a relay that does nothing but die a test can afford (disasters/lives.h).
  [[nodiscard]] virtual int lives() const { return 200; }
};

using MakeSource =
    std::function<std::unique_ptr<SourceUnderTest>(const TemporaryFolder& folder, Harm harm)>;

struct SourceKind {
  const char* name;
  MakeSource make;
  /// Why it cannot be made here, or cannot suffer this; empty: it can. The scenario is skipped with
  /// these words, which tools/expected-skips has to know. Null: it always can.
  std::string (*impossible)(Harm harm) = nullptr;
};

/// Where two lists differ first; empty: nowhere.
[[nodiscard]] std::string first_difference(const std::vector<std::string>& expected,
                                           const std::vector<std::string>& found);

}  // namespace headwater::rig
