// Queries and answers on the wire: token (8 bytes), length (4 bytes), JSON. Numbers begin with their
// lowest byte (src/client_protocol/json.cc, parse_query(), send_response()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::rethinkdb {

/// Says which query an answer belongs to. Chosen by the client, unique in a connection.
using Token = std::uint64_t;

inline constexpr std::size_t frame_header_size = 12;

/// A server refuses a query of this size (src/client_protocol/protocols.cc).
inline constexpr std::size_t too_large_query = std::size_t{128} << 20U;

struct Frame {
  Token token = 0;
  std::string json{};
};

void append_frame(std::string& to, Token token, std::string_view json);

/// Puts frames together from the pieces in which they arrive. After an error it cannot be used any
/// more.
class FrameReader {
 public:
  /// `largest`: of a frame's JSON, in bytes.
  explicit FrameReader(std::size_t largest) : largest_(largest) {}

  /// Takes what belongs to the next frame off `bytes`; returns the frame if that completes it.
  /// Holds no more memory than twice what has arrived, whatever length the frame claims. Fails with
  /// stop: `source.answer_too_large`, `source.bad_message` (a frame without JSON).
  Result<std::optional<Frame>> take(std::string_view& bytes);

  /// Whether the rest of a frame has to come.
  [[nodiscard]] bool in_frame() const { return !header_.empty(); }
  /// At least as many bytes have to come before the frame is complete.
  [[nodiscard]] std::size_t missing() const {
    return header_.size() < frame_header_size ? frame_header_size - header_.size()
                                              : size_ - frame_.json.size();
  }

 private:
  std::size_t largest_;
  std::string header_;  // as far as it has arrived
  Frame frame_;
  std::size_t size_ = 0;  // of the frame's JSON, once the header is complete
};

}  // namespace headwater::rethinkdb
