// The output of log lines: a descriptor that may block for a while, or forever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headwater::cli {

/// Never blocks, except in the destructor. Buffers up to 256 KiB for the descriptor, drops the
/// lines beyond that and counts them. One thread at a time.
class LogOutput {
 public:
  /// `descriptor` stays the caller's.
  explicit LogOutput(int descriptor);
  /// Waits as long as the descriptor accepts something every half second.
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  /// Takes one or more whole lines, which are written or dropped together.
  void put(std::string_view lines);
  /// Writes what the descriptor accepts of the buffer now.
  void flush();

  /// Returns the lines dropped since the last call, once there is space to report them; otherwise
  /// 0.
  [[nodiscard]] std::uint64_t take_dropped();

 private:
  enum class Kind { file, socket, pipe };

  [[nodiscard]] long write_some();
  void drop(std::string_view lines);

  int given_;
  int own_ = -1;  // the same pipe or terminal, opened again so as not to block
  Kind kind_ = Kind::file;
  std::string held_;
  std::uint64_t dropped_ = 0;
};

}  // namespace headwater::cli
