// The suite every stream passes. An adapter brings a StreamRig and two lines:
//
//     INSTANTIATE_TEST_SUITE_P(Nats, StreamSuite, ::testing::Values(&make_nats_rig));
//     INSTANTIATE_TEST_SUITE_P(Nats, StreamReaderSuite, ::testing::Values(&make_nats_rig));
//
// A stream that cannot be read has GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StreamReaderSuite)
// for the second.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "testing/rig/process.h"

namespace headwater::testing {

/// A fresh, empty, real stream, and what the suite may do to it. What a stream cannot do, its rig
/// says here, and the tests concerned are skipped.
class StreamRig {
 public:
  virtual ~StreamRig() = default;

  /// The stream, prepared for relay "a" and, where relays may share it, for "b". It is the suite's
  /// alone.
  virtual StreamAdapter& stream() = 0;
  /// Another adapter on the same stream that shares no memory with the first.
  virtual std::unique_ptr<StreamAdapter> another() = 0;
  /// A program that runs stream_child() on this stream with these arguments.
  [[nodiscard]] virtual rig::Command child(const std::vector<std::string>& arguments) const = 0;

  /// Whether the stream fences each of several relays by itself.
  [[nodiscard]] virtual bool shared() const { return true; }
  /// Whether an append that is killed leaves nothing behind. If not, its beginning may stay, and
  /// the next append goes on behind it.
  [[nodiscard]] virtual bool whole_appends() const { return true; }
  /// Whether reader() can read.
  [[nodiscard]] virtual bool readable() const { return true; }
  /// Ids of all events in the stream, in order.
  virtual std::vector<std::string> ids();

  /// Deletes a readable stream, as a person can who knows nothing of Headwater, and prepares it
  /// anew for relay "a". Readers may be open.
  virtual void make_anew() {}

  /// An adapter whose maintain() forgets events taken longer than `age` ago by `clock`; null if
  /// retention is not its writers' business.
  virtual std::unique_ptr<StreamAdapter> forgetting(Milliseconds age, const Clock& clock) = 0;

  /// Makes appends fail with retry until relieve(); false if that cannot be done.
  virtual bool obstruct() { return false; }
  virtual void relieve() {}

  /// Keeps a copy of the stream as it is; false if that cannot be done. No writer or reader is
  /// open.
  virtual bool keep_copy() { return false; }
  /// The stream is the copy again: what came after it is lost. No writer or reader is open.
  virtual void go_back() {}
};

using MakeStreamRig = std::unique_ptr<StreamRig> (*)();

class StreamSuite : public ::testing::TestWithParam<MakeStreamRig> {
 protected:
  StreamSuite() : rig_(GetParam()()) {}

  /// Its absence fails the test.
  std::unique_ptr<StreamWriter> writer(const std::string& relay = "a");
  std::unique_ptr<StreamReader> reader();
  Tail tail(const std::string& relay = "a");
  /// Appends sample events until the relay's tail counts `count`, `batch` at a time.
  void fill(std::uint64_t count, std::uint64_t batch = 7, const std::string& relay = "a");
  /// Appends events 1 and 2; then, from another writer, `others`; and what the first one then gets
  /// for events 3 to 12, which it still expects to come behind 2.
  Result<Durable> append_late_behind(const std::vector<Event>& others, const Position& position);
  /// All events of a readable stream.
  std::vector<StoredEvent> read_all();

  std::unique_ptr<StreamRig> rig_;
};

/// The part that reads back through the stream's own reader.
class StreamReaderSuite : public StreamSuite {};

}  // namespace headwater::testing
