// The bytes that a connection still has to send: a queue of pieces that connections may share.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace headwater::serve {

/// One thread.
class Outgoing {
 public:
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t size() const { return size_; }

  void add(std::string bytes) { add(std::make_shared<const std::string>(std::move(bytes))); }
  /// Without the first `from` bytes. Does not copy them.
  void add(std::shared_ptr<const std::string> bytes, std::size_t from = 0) {
    if (from >= bytes->size()) return;
    size_ += bytes->size() - from;
    pieces_.push_back({std::move(bytes), from});
  }

  /// The first pieces, as many as fit into `to`; returns their number.
  [[nodiscard]] std::size_t fill(std::span<iovec> to) const {
    std::size_t count = 0;
    for (; count < to.size() && count < pieces_.size(); ++count) {
      const Piece& piece = pieces_[count];
      to[count].iov_base = const_cast<char*>(piece.bytes->data() + piece.from);
      to[count].iov_len = piece.bytes->size() - piece.from;
    }
    return count;
  }
  void drop(std::size_t sent) {
    size_ -= sent;
    while (sent > 0) {
      Piece& first = pieces_.front();
      const std::size_t left = first.bytes->size() - first.from;
      if (sent < left) {
        first.from += sent;
        return;
      }
      sent -= left;
      pieces_.pop_front();
    }
  }

 private:
  struct Piece {
    std::shared_ptr<const std::string> bytes;
    std::size_t from;
  };
  std::deque<Piece> pieces_;
  std::size_t size_ = 0;
};

}  // namespace headwater::serve
