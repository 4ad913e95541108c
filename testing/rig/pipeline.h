// A source, a stream and a configuration, in a new folder. Starts relays on them, and checks the
// stream without the product's help.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/process.h"
#include "testing/rig/source_under_test.h"
#include "testing/rig/sqlite_source.h"
#include "testing/rig/stream_under_test.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

struct PipelineOptions {
  MakeSource source = &sqlite_source;
  Harm harm = Harm::none;
  MakeStream stream = &embedded_stream;
  /// More keys of the source, each after a comma.
  std::string keys{};
  /// More lines of the relay's configuration.
  std::string relay = "takeover_after: 300ms\n";
};

class Pipeline {
 public:
  /// Creates the source's database and the configuration. Does not run `init`.
  explicit Pipeline(const PipelineOptions& options = {});

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  /// The database file, if the source is SQLite.
  [[nodiscard]] std::string shop() const { return folder_ / "shop.db"; }
  [[nodiscard]] std::string config() const { return folder_ / "headwater.yaml"; }
  [[nodiscard]] SourceUnderTest& source() const { return *source_; }
  [[nodiscard]] StreamUnderTest& stream() { return *stream_; }
  [[nodiscard]] const StreamUnderTest& stream() const { return *stream_; }
  /// Writes the configuration again, with another stream and other keys, but the same source.
  void configure(const PipelineOptions& options);
  /// Writes the configuration again, with other keys of the source.
  void configure_source(const std::string& keys);

  /// `headwater <words...> -c CONFIG`.
  [[nodiscard]] Command headwater(std::vector<std::string> words) const;
  /// Starts `headwater run`.
  [[nodiscard]] Process relay() const { return Process(headwater({"run"})); }
  /// Starts the relay with a fault: "die after_append 3", "hang read 1" (relay_under_test.cpp).
  [[nodiscard]] Process faulty_relay(const std::string& fault, const std::string& step,
                                     std::uint64_t passing) const;

  /// Starts a process that runs `count` relays one after the other, each of which dies (lives.h).
  /// Its stderr ends with a report.
  [[nodiscard]] Process lives(int count, std::uint64_t seed) const {
    return faulty_relay("lives", std::to_string(count), seed);
  }

  /// Runs `headwater init`. Returns its errors; empty on success.
  [[nodiscard]] std::string init() const;
  /// Relays everything committed so far. Returns the errors; empty on success.
  [[nodiscard]] std::string catch_up() const {
    return error_of(headwater({"run", "--until-current"}));
  }
  /// Waits until the running relays have published everything committed before the call.
  [[nodiscard]] bool wait_until_caught_up() const;
  /// Waits until the stream has so many events.
  [[nodiscard]] bool wait_for_events(std::uint64_t count) const;
  /// Runs `headwater verify`. Returns its errors; empty if stream and source agree.
  [[nodiscard]] std::string verify() const { return error_of(headwater({"verify"})); }
  /// Compares the ids in the stream with those of the source's changes, in order; then runs
  /// verify(). Returns the first error; empty if there is none.
  [[nodiscard]] std::string disagreement() const;
  /// Only compares the ids, which also works for a stream without readers.
  [[nodiscard]] std::string id_disagreement() const;
  /// Compares the numbers of changes in the stream with those that the writers counted.
  [[nodiscard]] std::string tally_disagreement(const Tally& written) const;

  [[nodiscard]] std::uint64_t committed() const { return source_->committed(); }
  [[nodiscard]] std::vector<std::string> changes() const { return source_->changes(); }

 private:
  [[nodiscard]] static std::string error_of(const Command& command);

  TemporaryFolder folder_;
  std::unique_ptr<SourceUnderTest> source_;
  std::unique_ptr<StreamUnderTest> stream_;
  std::string relay_;  // more lines of its configuration
};

/// Waits until a relay handles signals. Before that, a SIGTERM kills it.
[[nodiscard]] bool has_started(const Process& relay);

/// How often a relay has logged this event, such as "relay.taking_over".
[[nodiscard]] int times_logged(const Process& relay, const std::string& event);
/// Whether the relay leads, according to its log.
[[nodiscard]] bool leads(const Process& relay);
/// Waits until one relay leads and all others stand by. Returns the leader; null if that never
/// happens.
[[nodiscard]] Process* leader_of(std::vector<Process>& relays);
/// Whether this relay, which had taken over `before` times, takes over again within `limit`, and
/// then reaches `progress` within `limit`. Until then, the old leader may wake and append first.
[[nodiscard]] bool overtakes(const Process& relay, int before,
                             const std::function<bool()>& progress, Milliseconds limit);
/// The number of refused appends, from the log of a relay that was stopped.
[[nodiscard]] int conflicts_of(const Process& relay);

}  // namespace headwater::rig
