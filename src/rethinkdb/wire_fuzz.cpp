// Whatever a server sends, nobody reads a byte outside of it, and what passes for JSON is JSON.
#include "src/rethinkdb/wire_fuzz.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "src/base/invariant.h"
#include "src/json/json.h"
#include "src/rethinkdb/answer.h"
#include "src/rethinkdb/compact_json.h"
#include "src/rethinkdb/frame.h"
#include "src/rethinkdb/handshake.h"

namespace headwater::rethinkdb {
namespace {

/// In two pieces, the first of `cut` bytes.
template <class Take>
void in_pieces(std::string_view bytes, std::size_t cut, Take take) {
  for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(std::min(cut, bytes.size()))}) {
    while (!piece.empty()) {
      if (!take(piece)) return;
    }
  }
}

void log_in(std::string_view bytes, std::size_t cut) {
  Handshake handshake({.user = "user", .password = "pencil"}, "rOprNGfwEbeRWgbNEkqO");
  in_pieces(bytes, cut, [&](std::string_view& piece) {
    return !handshake.done() && handshake.take(piece).has_value();
  });
}

/// The other parser refuses numbers beyond a double; these may be some.
bool has_large_number(std::string_view json) {
  constexpr std::size_t digits_of_a_double = 300;
  return json.find_first_of("eE") != std::string_view::npos || json.size() > digits_of_a_double;
}

void decode(std::string_view json) {
  const auto parsed = Json::parse(json);
  const bool accepted = end_of_compact_json(json, 0) == json.size();
  invariant(!accepted || parsed || has_large_number(json), "what is accepted is JSON");
  invariant(accepted || !parsed || parsed->dump() != json, "JSON is accepted");
  const auto answer = decode_answer(json);
  if (!answer) return;
  invariant(accepted, "an answer is JSON");
  for (const std::string_view result : answer->results) {
    invariant(end_of_compact_json(result, 0) == result.size(), "a result is JSON");
  }
  if (answer->is_error()) (void)failure_of(*answer);
}

void read_frames(std::string_view bytes, std::size_t cut) {
  constexpr std::size_t largest = 4096;
  FrameReader reader(largest);
  in_pieces(bytes, cut, [&](std::string_view& piece) {
    const auto frame = reader.take(piece);
    if (frame && *frame) decode((*frame)->json);
    return frame.has_value();
  });
}

}  // namespace
}  // namespace headwater::rethinkdb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzzed = headwater::rethinkdb;
  if (size < 2) return 0;
  // A copy of exactly this size, so that the address sanitizer sees the first byte too many.
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = data[1];
  switch (data[0] % 3) {
    case 0:
      fuzzed::log_in(bytes, cut);
      break;
    case 1:
      fuzzed::read_frames(bytes, cut);
      break;
    default:
      fuzzed::decode(bytes);
  }
  return 0;
}
