// The small file that holds the tail of a relay whose stream cannot hold it.
// docs/formats/stdout-position.md specifies it.
#pragma once

#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/ports/durable.h"

namespace headwater::stdout_stream {

/// Any thread; two processes may use the same path.
class PositionFile {
 public:
  PositionFile(std::string path, std::string relay)
      : path_(std::move(path)), relay_(std::move(relay)) {}

  /// An empty tail if there is no file. Fails with stop for a file of another relay or version, or
  /// one that is no position file.
  [[nodiscard]] Result<Tail> load() const;
  /// The whole file or the one before: survives a power failure at any moment. Blocks for two
  /// syncs.
  [[nodiscard]] Result<void> save(const Tail& tail) const;
  /// What load() found stays found, even after a power failure.
  [[nodiscard]] Result<void> sync() const;
  /// True if there was one.
  [[nodiscard]] Result<bool> remove() const;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string relay_;
};

/// Held by the one process that may write just now.
class PositionLock {
 public:
  /// Fails with retry, `stream.locked`, if another process holds it.
  static Result<PositionLock> take(const PositionFile& file);

  PositionLock(PositionLock&& other) noexcept;
  PositionLock& operator=(PositionLock&&) = delete;
  ~PositionLock();

 private:
  explicit PositionLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace headwater::stdout_stream
