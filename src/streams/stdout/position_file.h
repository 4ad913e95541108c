// The small file with the tail of a relay whose stream cannot keep it.
// docs/formats/stdout-position.md specifies it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "src/base/error.h"
#include "src/ports/durable.h"

namespace headwater::stdout_stream {

/// Any thread; two processes may use the same path.
class PositionFile {
 public:
  PositionFile(std::string path, std::string relay)
      : path_(std::move(path)), relay_(std::move(relay)) {}

  /// Returns an empty tail if there is no file. Fails with stop for a file of another relay or
  /// version, or for one that is not a position file.
  [[nodiscard]] Result<Tail> load() const;
  /// Replaces the file atomically: a power failure at any moment leaves the new file or the old
  /// one. Blocks for two syncs.
  [[nodiscard]] Result<void> save(const Tail& tail) const;
  /// Makes what load() found durable.
  [[nodiscard]] Result<void> sync() const;
  /// Returns true if there was one.
  [[nodiscard]] Result<bool> remove() const;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string relay_;
};

/// Held by the one process that may write now. Its file, next to the position file, is not empty
/// while lines are being written: a process that finds it so follows one that was killed in the
/// middle of a line.
class PositionLock {
 public:
  /// Fails with retry, `stream.locked`, if another process holds it.
  static Result<PositionLock> take(const PositionFile& file);

  [[nodiscard]] bool cut_short() const;
  /// With `durable`, also after a power failure.
  [[nodiscard]] Result<void> begin_lines(bool durable) const;
  [[nodiscard]] Result<void> end_lines() const;

  PositionLock(PositionLock&& other) noexcept;
  PositionLock& operator=(PositionLock&&) = delete;
  ~PositionLock();

 private:
  PositionLock(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace headwater::stdout_stream
