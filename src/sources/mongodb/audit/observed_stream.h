// What the events of the stream show by themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "src/base/error.h"
#include "src/event/event.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/shared/ledger/event_ledger.h"

namespace headwater::mongodb {

/// One thread.
class ObservedStream {
 public:
  static Result<ObservedStream> make();

  /// Adds the next event. Returns false if the stream has it already.
  Result<bool> add(const StoredEvent& stored);

  /// A gap that says that changes are missing, or that everything is read again.
  struct Break {
    std::uint64_t sequence = 0;
    std::string to;  ///< As the gap says it.
  };
  [[nodiscard]] const std::optional<Break>& last_break() const { return break_; }
  /// Where the snapshot begins; 0: the stream does not begin with one.
  [[nodiscard]] std::uint64_t first_row() const { return first_row_; }
  [[nodiscard]] ClusterTime first_row_time() const { return first_row_time_; }
  /// Of the last snapshot's rows; null: none.
  [[nodiscard]] ClusterTime last_row_time() const { return last_row_time_; }
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] sources::EventLedger& ledger() { return ledger_; }

 private:
  explicit ObservedStream(sources::EventLedger ledger) : ledger_(std::move(ledger)) {}
  Result<void> add_gap(const StoredEvent& stored);

  sources::EventLedger ledger_;
  std::uint64_t first_row_ = 0;
  ClusterTime first_row_time_;
  ClusterTime last_row_time_;
  bool any_event_ = false;
  std::uint64_t last_sequence_ = 0;
  std::optional<Break> break_;
};

}  // namespace headwater::mongodb
