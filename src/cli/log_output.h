// Where log lines go: a descriptor that may take nothing for a while, or never again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headwater::cli {

/// Never blocks, but for the destructor. Holds up to 256 KiB until the descriptor takes them, and
/// counts what it drops beyond that. One thread at a time.
class LogOutput {
 public:
  /// `descriptor` stays the caller's.
  explicit LogOutput(int descriptor);
  /// Waits as long as something is taken every half second.
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  /// One or more whole lines, which are written or dropped together.
  void put(std::string_view lines);
  /// Writes what is held, as far as it is taken now.
  void flush();

  /// Lines dropped since the last call, once there is room to say so; else 0.
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
