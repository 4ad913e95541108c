#include "src/rethinkdb/frame.h"

#include <utility>

#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t token_size = 8;
constexpr std::size_t length_size = frame_header_size - token_size;
constexpr unsigned bits_in_a_byte = 8;

void append_number(std::string& to, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    to += static_cast<char>(number & 0xFFU);
    number >>= bits_in_a_byte;
  }
}

std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t number = 0;
  for (auto each = bytes.rbegin(); each != bytes.rend(); ++each) {
    number = number << bits_in_a_byte | static_cast<unsigned char>(*each);
  }
  return number;
}

/// Moves bytes to `to` until it has `size`.
void fill(std::string& to, std::size_t size, std::string_view& bytes) {
  const auto some = bytes.substr(0, size - to.size());
  to += some;
  bytes.remove_prefix(some.size());
}

}  // namespace

void append_frame(std::string& to, Token token, std::string_view json) {
  append_number(to, token, token_size);
  append_number(to, json.size(), length_size);
  to += json;
}

Result<std::optional<Frame>> FrameReader::take(std::string_view& bytes) {
  if (header_.size() < frame_header_size) {
    fill(header_, frame_header_size, bytes);
    if (header_.size() < frame_header_size) return std::nullopt;
    const std::string_view header = header_;
    frame_.token = number_of(header.substr(0, token_size));
    size_ = number_of(header.substr(token_size));
    if (size_ == 0) return fail(bad_message("an answer is empty"));
    if (size_ > largest_) return fail(too_large(size_, largest_));
  }
  fill(frame_.json, size_, bytes);
  if (frame_.json.size() < size_) return std::nullopt;
  header_.clear();
  return std::exchange(frame_, {});
}

}  // namespace headwater::rethinkdb
