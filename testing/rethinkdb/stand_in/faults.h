// What tests want to go wrong. They say so by files in the server's folder, so that no protocol is
// needed for it.
#pragma once

#include <filesystem>

namespace headwater::rethinkdb::stand_in {

/// Looks at the files at each call.
class Faults {
 public:
  explicit Faults(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// File `clock`: milliseconds, which may be negative, that its clock is ahead.
  [[nodiscard]] double clock_ahead_ms() const;
  /// File `unavailable`: no majority of a table's replicas, and no primary, can be reached.
  [[nodiscard]] bool unavailable() const;
  /// File `no-majority`: the primary is there, but what asks for a majority fails.
  [[nodiscard]] bool no_majority() const;
  /// File `hold-soft-writes`: time alone writes nothing down.
  [[nodiscard]] bool holds_soft_writes() const;
  /// File `crash-after`: how many queries may still write. Ends the process, without a word, after
  /// the last, and removes the file. To be called after each query that has written.
  void count_write() const;

 private:
  [[nodiscard]] bool has(const char* file) const;

  std::filesystem::path folder_;
};

}  // namespace headwater::rethinkdb::stand_in
