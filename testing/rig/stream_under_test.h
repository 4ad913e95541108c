// The streams that the disasters run on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/network_stream.h"
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

}  // namespace headwater::rig
