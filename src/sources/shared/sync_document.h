// A sync document: the claim to lead, in the source's own database, where no other service is at hand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/hint.h"

namespace headwater::sources {

/// What a relay's document says. The database's clock and those of the machines do not matter.
struct SyncRecord {
  std::string holder;     ///< One claimant: "HOST/PROCESS/RANDOM".
  std::int64_t beat = 0;  ///< Raised whenever it is renewed.

  friend bool operator==(const SyncRecord&, const SyncRecord&) = default;
};

/// One relay's document. Calls block for a second or two at the most. One thread at a time.
class SyncStore {
 public:
  virtual ~SyncStore() = default;

  /// Nothing: there is none, or one that says nothing.
  virtual Result<std::optional<SyncRecord>> read() = 0;
  /// Replaces `seen` (nothing: what read() did not understand) by `next` if it is still there.
  /// Returns whether it was.
  virtual Result<bool> replace(const std::optional<SyncRecord>& seen, const SyncRecord& next) = 0;
  /// Removes `seen` if it is still there.
  virtual Result<void> remove(const SyncRecord& seen) = 0;
};

/// Where a database has its documents. Any thread may call; calls block.
class SyncPlace {
 public:
  virtual ~SyncPlace() = default;

  /// For messages: "table _headwater_standby of shop.db".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// Makes what the documents need.
  virtual Result<void> prepare() = 0;
  /// Removes this relay's document, and with the last one what prepare() made.
  virtual Result<void> remove(const std::string& relay) = 0;
  /// Fails if the database does not answer, or prepare() is still to be called.
  virtual Result<std::unique_ptr<SyncStore>> open(const std::string& relay) = 0;
};

/// A claim that was not renewed for `lapse_after` may be taken, as its claimants measure it, each on
/// its own clock from when it first saw the beat.
[[nodiscard]] std::unique_ptr<HintAdapter> make_sync_document(std::unique_ptr<SyncPlace> place,
                                                              Milliseconds lapse_after);

}  // namespace headwater::sources
