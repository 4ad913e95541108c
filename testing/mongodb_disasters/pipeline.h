// A configuration between a MongoDB deployment and a stream, in a folder of their own; the relays
// that a test runs on it; and the look, independent of the product, at what came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "testing/mongodb/mongo_server.h"
#include "testing/mongodb_disasters/witness.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {

struct MongoPipelineOptions {
  MakeStream stream = &embedded_stream;
  std::string watch = "shop.orders";
  /// More keys of the MongoDB source, each with a comma before it.
  std::string source{};
  /// More lines of the relay.
  std::string relay = "takeover_after: 300ms\n";
  /// Documents before and after changes, where the server has them.
  bool images = false;
  /// The relays' own way to the deployment; empty: the test's.
  std::string uri{};
};

constexpr const char* orders = "shop.orders";

/// One thread.
class MongoPipeline {
 public:
  /// `uri` is the test's own way to the deployment. Makes shop.orders and the configuration; does
  /// not prepare anything.
  MongoPipeline(MongoKind kind, std::string uri, MongoPipelineOptions options = {});

  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] std::string config() const { return folder_ / "headwater.yaml"; }
  [[nodiscard]] std::string events_file() const { return folder_ / "events.db"; }
  [[nodiscard]] const std::string& uri() const { return uri_; }
  [[nodiscard]] StreamUnderTest& stream() { return *stream_; }
  [[nodiscard]] const StreamUnderTest& stream() const { return *stream_; }
  [[nodiscard]] std::uint64_t progress() const { return stream_->progress(); }
  /// Writes the configuration anew, with other keys.
  void configure(MongoPipelineOptions options);

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

  /// `headwater init`; its errors, empty if all went well. What is written from here on is what the
  /// witness sees; nobody may be writing meanwhile.
  [[nodiscard]] std::string init();
  /// Relays until everything committed before is in the stream.
  [[nodiscard]] std::string catch_up() const {
    return error_of(headwater({"run", "--until-current"}));
  }
  [[nodiscard]] std::string verify() const { return error_of(headwater({"verify"})); }

  /// The witness sees nothing of what was written before; or all from this time on.
  void begin_witness();
  void begin_witness(ClusterTime start) { witness_.emplace(uri_, watch_, start); }

  /// The ids of every change since init(), in order, as another program sees them. Writes one more
  /// document (its _id a text) to shop.orders, to know where the end is.
  const std::vector<std::string>& change_ids();
  /// Whether the running relays have published everything soon; says if one does not.
  [[nodiscard]] bool wait_until_caught_up();
  /// What is wrong: the ids in the stream, by plain SQL, against change_ids(), in order; then
  /// `headwater verify`. Relays until all is there, first. Empty: nothing.
  [[nodiscard]] std::string disagreement();
  /// What the stream says was changed, against what the writers say they changed.
  [[nodiscard]] std::string tally_disagreement(const Tally& written) const;

 private:
  [[nodiscard]] static std::string error_of(const Command& command);

  TemporaryFolder folder_;
  MongoKind kind_;
  std::string uri_;
  std::string watch_;
  std::unique_ptr<StreamUnderTest> stream_;
  std::optional<Witness> witness_;
  int marks_ = 0;
};

/// How many events of a type there are; "%" stands for anything.
[[nodiscard]] std::int64_t count_of(const MongoPipeline& pipeline, const std::string& type);

}  // namespace headwater::rig
