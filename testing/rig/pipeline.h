// A source, a stream and a configuration between them, in a folder of their own; the relays that a
// test runs on it; and the look, independent of the product, at what came of it.
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
  /// More keys of the source, each with a comma before it.
  std::string keys{};
  /// More lines of the relay.
  std::string relay = "takeover_after: 300ms\n";
};

class Pipeline {
 public:
  /// Makes the source's database and the configuration; does not prepare anything.
  explicit Pipeline(const PipelineOptions& options = {});

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  /// The file of the database, where that is SQLite's.
  [[nodiscard]] std::string shop() const { return folder_ / "shop.db"; }
  [[nodiscard]] std::string config() const { return folder_ / "headwater.yaml"; }
  [[nodiscard]] SourceUnderTest& source() const { return *source_; }
  [[nodiscard]] StreamUnderTest& stream() { return *stream_; }
  [[nodiscard]] const StreamUnderTest& stream() const { return *stream_; }
  /// Writes the configuration again, with another stream and other keys; the source stays.
  void configure(const PipelineOptions& options);
  /// The same with other keys of the source alone.
  void configure_source(const std::string& keys);

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

  /// `headwater init`; its errors, empty if all went well.
  [[nodiscard]] std::string init() const;
  /// Relays until everything committed before is in the stream.
  [[nodiscard]] std::string catch_up() const {
    return error_of(headwater({"run", "--until-current"}));
  }
  /// Waits until the relays that run have published everything committed before the call.
  [[nodiscard]] bool wait_until_caught_up() const;
  /// `headwater verify`.
  [[nodiscard]] std::string verify() const { return error_of(headwater({"verify"})); }
  /// What is wrong: the ids in the stream against those of the source's changes, in order; then
  /// verify(). Empty: nothing.
  [[nodiscard]] std::string disagreement() const;
  /// Only the first half of that, also for a stream that cannot be read back.
  [[nodiscard]] std::string id_disagreement() const;
  /// What the stream says was changed, against what the writers say they changed.
  [[nodiscard]] std::string tally_disagreement(const Tally& written) const;

  [[nodiscard]] std::uint64_t committed() const { return source_->committed(); }
  [[nodiscard]] std::vector<std::string> changes() const { return source_->changes(); }

 private:
  [[nodiscard]] static std::string error_of(const Command& command);

  TemporaryFolder folder_;
  std::unique_ptr<SourceUnderTest> source_;
  std::unique_ptr<StreamUnderTest> stream_;
  std::string relay_;  // more of its lines
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

}  // namespace headwater::rig
