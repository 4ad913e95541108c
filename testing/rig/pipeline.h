// A shop, a stream and a configuration between them, in a folder of their own; the relays that a
// test runs on it; and the look, independent of the product, at what came of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/network_stream.h"
#include "testing/rig/process.h"
#include "testing/rig/shop.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// One kind of stream as the disasters see it. A later stream brings one of these.
class StreamUnderTest {
 public:
  virtual ~StreamUnderTest() = default;
  /// What stands under `stream:` in the configuration, on one line.
  [[nodiscard]] virtual std::string configuration() const = 0;
  /// False: ids may come again, never be missing, and their first copies stand in order.
  [[nodiscard]] virtual bool exactly_once() const = 0;
  /// Where the relay's stdout must go, if that is the stream.
  [[nodiscard]] virtual std::string output() const { return ""; }
  /// All events' ids, and their types, in order, without the product's help.
  struct Seen {
    std::string id;
    std::string type;
  };
  [[nodiscard]] virtual std::vector<Seen> events() const = 0;
  /// How far the relay is, cheaply; rises with every append.
  [[nodiscard]] virtual std::uint64_t progress() const = 0;

  /// How many lives of a relay that does nothing but die a test can afford (disasters/lives.h).
  [[nodiscard]] virtual int lives() const { return 200; }

  /// Keeps a copy of the stream as it is now; relays may be at work.
  virtual void keep_copy() = 0;
  /// The stream is the copy again: what came after it is lost. Relays may be at work.
  virtual void go_back() = 0;
  /// Nobody can write to the stream until relieve(); readers can.
  virtual void obstruct() = 0;
  virtual void relieve() = 0;

  /// Only where a server keeps the stream.
  virtual NetworkStream& network();
};

using MakeStream = std::unique_ptr<StreamUnderTest> (*)(const TemporaryFolder& folder);
[[nodiscard]] std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder);
/// With its file elsewhere in the folder, and more keys, each with a comma before it.
[[nodiscard]] std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder,
                                                               const std::string& file,
                                                               const std::string& keys = "");
[[nodiscard]] std::unique_ptr<StreamUnderTest> stdout_stream(const TemporaryFolder& folder);

struct PipelineOptions {
  MakeStream stream = &embedded_stream;
  Journal journal = Journal::wal;
  /// More keys of the SQLite source, each with a comma before it.
  std::string source = ", history: 100d";
  /// More lines of the relay.
  std::string relay = "takeover_after: 300ms\n";
};

class Pipeline {
 public:
  /// Makes the shop and the configuration; does not prepare anything.
  explicit Pipeline(const PipelineOptions& options = {});

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] std::string shop() const { return folder_ / "shop.db"; }
  [[nodiscard]] std::string config() const { return folder_ / "headwater.yaml"; }
  [[nodiscard]] StreamUnderTest& stream() { return *stream_; }
  [[nodiscard]] const StreamUnderTest& stream() const { return *stream_; }
  /// Writes the configuration anew, with other keys.
  void configure(const PipelineOptions& options);

  /// `headwater <words...> -c CONFIG`.
  [[nodiscard]] Command headwater(std::vector<std::string> words) const;
  /// `headwater run`, as a process of its own.
  [[nodiscard]] Process relay() const { return Process(headwater({"run"})); }
  /// The same relay with a fault: "die after_append 3", "hang read 1" (see relay_under_test.cpp).
  [[nodiscard]] Process faulty_relay(const std::string& fault, const std::string& step,
                                     std::uint64_t passing) const;

  /// So many relays of this name, one after the other, which all die (see lives.h); their report
  /// is at the end of its stderr.
  [[nodiscard]] Process lives(int count, std::uint64_t seed) const {
    return faulty_relay("lives", std::to_string(count), seed);
  }

  /// So many orders that are there before init(), which the stream then has to begin with.
  void place_orders(int count);
  /// `headwater init`; its errors, empty if all went well.
  [[nodiscard]] std::string init() const { return error_of(headwater({"init"})); }
  /// Relays until everything committed before is in the stream.
  [[nodiscard]] std::string catch_up() const {
    return error_of(headwater({"run", "--until-current"}));
  }
  /// What is wrong: the ids in the stream against those in the change log, in order, by plain SQL;
  /// then `headwater verify`. Empty: nothing.
  [[nodiscard]] std::string disagreement() const;
  /// Only the first half of that, also for a stream that cannot be read back.
  [[nodiscard]] std::string id_disagreement() const;
  /// What the stream says was changed, against what the writers say they changed.
  [[nodiscard]] std::string tally_disagreement(const Tally& written) const;

  /// The number of the last change so far; 0: there is none.
  [[nodiscard]] std::uint64_t committed() const;
  /// The ids the change log stands for: of every change that was ever committed, in order. Those of
  /// place_orders() are not in it.
  [[nodiscard]] std::vector<std::string> log_ids() const;

 private:
  [[nodiscard]] static std::string error_of(const Command& command);
  [[nodiscard]] std::string read_disagreement(const std::vector<std::string>& read) const;

  TemporaryFolder folder_;
  std::unique_ptr<StreamUnderTest> stream_;
  int orders_before_ = 0;  // those of place_orders()
};

/// Waits until a relay is at work: before, a SIGTERM ends it as any program.
[[nodiscard]] bool has_begun(const Process& relay);

/// How often a relay has logged an event: "relay.taking_over".
[[nodiscard]] int times_logged(const Process& relay, const std::string& event);
/// Whether it leads, by the last it said of that.
[[nodiscard]] bool leads(const Process& relay);
/// Waits until one relay leads and all others stand by; none if that does not come.
[[nodiscard]] Process* leader_of(std::vector<Process>& relays);
/// Whether this relay, which had taken over `before` times, does so again within `a_while`, and
/// then gets `beyond` within as long: until it has, the leader that wakes may be first.
[[nodiscard]] bool overtakes(const Process& relay, int before, const std::function<bool()>& beyond,
                             Milliseconds a_while);
/// How many appends of a relay that has stopped when asked to came after another relay's.
[[nodiscard]] int conflicts_of(const Process& relay);

/// A copy of a database that may be in use, as a backup tool makes it.
void copy_database(const std::string& from, const std::string& to);
/// Puts a copy in the place of a database, as a person who restores a backup does: the old files
/// are gone from their names, though a process may still have them open.
void restore_database(const std::string& copy, const std::string& path);

/// One integer by plain SQL; -1 if it cannot be had now.
[[nodiscard]] std::int64_t ask(const std::string& path, const std::string& sql);
/// Statements by plain SQL, which must succeed.
void tell(const std::string& path, const std::string& sql);

}  // namespace headwater::rig
