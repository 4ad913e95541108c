// A stream that the disasters run on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/network_stream.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {

/// A kind of stream for the disasters. Each stream implements this.
class StreamUnderTest {
 public:
  virtual ~StreamUnderTest() = default;
  /// The value of `stream:` in the configuration, on one line.
  [[nodiscard]] virtual std::string configuration() const = 0;
  /// False: events may be repeated. None is missing, and the first copies are in order.
  [[nodiscard]] virtual bool exactly_once() const = 0;
  /// The file for the relay's stdout, if that is the stream.
  [[nodiscard]] virtual std::string output() const { return ""; }
  /// The ids and types of all events, in order, read without the product's help.
  struct Seen {
    std::string id;
    std::string type;
  };
  [[nodiscard]] virtual std::vector<Seen> events() const = 0;
  /// Increases with every append with events. Cheap.
  [[nodiscard]] virtual std::uint64_t progress() const = 0;

  /// How many short-lived relays a test may run (disasters/lives.h).
  [[nodiscard]] virtual int lives() const { return 200; }

  /// Copies the stream. Relays may be running.
  virtual void keep_copy() = 0;
  /// Restores the copy, which loses all later events. Relays may be running.
  virtual void go_back() = 0;
  /// Makes all appends fail until relieve(). Reads still work.
  virtual void obstruct() = 0;
  virtual void relieve() = 0;

  /// Only for a stream that a server stores; ends the test program otherwise.
  virtual NetworkStream& network();
};

using MakeStream = std::unique_ptr<StreamUnderTest> (*)(const TemporaryFolder& folder);
[[nodiscard]] std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder);
/// With another file in the folder, and more keys, each after a comma.
[[nodiscard]] std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder,
                                                               const std::string& file,
                                                               const std::string& keys = "");
[[nodiscard]] std::unique_ptr<StreamUnderTest> stdout_stream(const TemporaryFolder& folder);

}  // namespace headwater::rig
