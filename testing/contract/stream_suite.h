// The suite that every stream passes. An adapter implements StreamRig and adds two lines:
//
//     INSTANTIATE_TEST_SUITE_P(Nats, StreamSuite, ::testing::Values(&make_nats_rig));
//     INSTANTIATE_TEST_SUITE_P(Nats, StreamReaderSuite, ::testing::Values(&make_nats_rig));
//
// For a stream that cannot be read, the second is
// GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StreamReaderSuite).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "testing/rig/process.h"

namespace headwater::testing {

/// A new, empty, real stream, and what the suite may do to it. If the stream cannot do something,
/// its rig says so here, and the suite skips the tests that need it.
class StreamRig {
 public:
  virtual ~StreamRig() = default;

  /// The stream, prepared for relay "a" and, if relays can share it, for "b". Nobody else uses it.
  virtual StreamAdapter& stream() = 0;
  /// Another adapter on the same stream. It shares no memory with the first.
  virtual std::unique_ptr<StreamAdapter> another() = 0;
  /// A program that runs stream_child() on this stream with these arguments.
  [[nodiscard]] virtual rig::Command child(const std::vector<std::string>& arguments) const = 0;

  /// Whether the stream can fence several relays independently.
  [[nodiscard]] virtual bool shared() const { return true; }
  /// Whether a killed append leaves nothing in the stream. If false, its first events may remain,
  /// and the next append continues after them.
  [[nodiscard]] virtual bool whole_appends() const { return true; }
  /// Whether the stream has readers.
  [[nodiscard]] virtual bool readable() const { return true; }
  /// The ids of all events in the stream, in order.
  virtual std::vector<std::string> ids();

  /// Deletes the stream without Headwater's help, and prepares it again for relay "a". Only for a
  /// readable stream. Readers may be open.
  virtual void recreate() {}

  /// An adapter whose maintain() deletes events that were appended longer than `age` ago, by
  /// `clock`. Null if the stream applies retention itself.
  virtual std::unique_ptr<StreamAdapter> with_retention(Milliseconds age, const Clock& clock) = 0;

  /// Makes appends fail with retry until relieve(). Returns false if that is impossible.
  virtual bool obstruct() { return false; }
  virtual void relieve() {}

  /// The stream's server keeps its connections and answers nothing until resume(). Returns false if
  /// that is impossible.
  virtual bool pause() { return false; }
  virtual void resume() {}

  /// Copies the stream. Returns false if that is impossible. No writer or reader may be open.
  virtual bool keep_copy() { return false; }
  /// Restores the copy, which loses all later events. No writer or reader may be open.
  virtual void go_back() {}
};

using MakeStreamRig = std::unique_ptr<StreamRig> (*)();

class StreamSuite : public ::testing::TestWithParam<MakeStreamRig> {
 protected:
  StreamSuite() : rig_(GetParam()()) {}

  /// Returns nullptr and fails the test if there is none.
  std::unique_ptr<StreamWriter> writer(const std::string& relay = "a");
  std::unique_ptr<StreamReader> reader();
  Tail tail(const std::string& relay = "a");
  /// Appends sample events until the relay's tail counts `count`, `batch` at a time.
  void fill(std::uint64_t count, std::uint64_t batch = 7, const std::string& relay = "a");
  /// One writer appends events 1 and 2, another one `others`. Then the first one appends events 3
  /// to 12 with the tail that it remembers. Returns that result.
  Result<Durable> append_after_another(const std::vector<Event>& others, const Position& position);
  /// All events of a readable stream.
  std::vector<StoredEvent> read_all();
  /// The ids of a relay's sample events 1 to `count`.
  static std::vector<std::string> sample_ids(const std::string& relay, std::uint64_t count);

  std::unique_ptr<StreamRig> rig_;
};

/// The tests that need a reader.
class StreamReaderSuite : public StreamSuite {};

}  // namespace headwater::testing
