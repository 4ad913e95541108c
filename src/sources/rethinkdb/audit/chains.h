// Follows each document's versions through the stream.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/event/event.h"
#include "src/ports/audit.h"
#include "src/sources/rethinkdb/audit/key_ledger.h"
#include "src/sources/rethinkdb/feed/change_maker.h"

namespace headwater::rethinkdb {

/// Why nobody knows whether the stream ever had a change.
enum class Excuse {
  aged,  ///< It is older than the first event that retention has left.
  gap,   ///< It may be what a gap is about.
  covered,  ///< Its document was marked as deleted, perhaps before the snapshot, which leaves that out.
  written,  ///< Its document has lost its journal.
};

/// Versions of a document that the stream lacks.
struct Missing {
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      ranges{};                    ///< First and last; none is empty.
  std::optional<Excuse> excuse{};  ///< Nothing: they are lost.
};

/// What is known to follow the last change of a key.
struct NextChange {
  enum class Kind {
    insert,
    change,  ///< Of a document that was there.
    end,     ///< None: a document that has changes the stream lacks is at the version before.
  };
  Kind kind = Kind::change;
  std::optional<std::uint64_t> version{};  ///< Nothing: a gap in its place does not say.
  bool was_removed = false;                ///< The document was marked as deleted once.
};

/// The versions of a document have no gaps, and begin again at 1 only when it is inserted after it was
/// purged. So they prove that the stream lacks none, except before a document's first event there. One
/// thread.
class Chains {
 public:
  /// `snapshot`: rows were read at the beginning. `scans`: documents may be deleted without a mark.
  /// A scan finds those, unless they were inserted again.
  static Result<Chains> make(bool snapshot, bool scans);

  void set_aged(bool aged) { aged_ = aged; }
  /// The next event. `later`: it has come after the tail.
  Result<void> add(const StoredEvent& stored, bool later);

  /// What lacks between the last change of a key and the next one.
  [[nodiscard]] Missing missing(const std::optional<KeyState>& last, const NextChange& next) const;
  /// Counts it.
  Result<void> note(const Missing& missing, std::string_view key, std::uint64_t below);
  void add_unproven(Excuse excuse, std::uint64_t count = 1) { unproven_[excuse] += count; }
  void add_lost(std::string example);
  /// Of a key without events since the last gap; nothing: it has some, or should have.
  [[nodiscard]] std::optional<Excuse> excuse_for(const std::optional<KeyState>& last,
                                                 bool was_removed) const;

  [[nodiscard]] KeyLedger& ledger() { return ledger_; }
  [[nodiscard]] IdFindings& found() { return found_; }
  /// All but what depends on the database.
  Result<IdFindings> findings();

 private:
  Chains(KeyLedger ledger, bool snapshot, bool scans)
      : ledger_(std::move(ledger)), snapshot_(snapshot), scans_(scans) {}
  Result<void> add_change(const Event& event, const EventId& id);
  Result<void> add_row(const Event& event, const EventId& id);
  Result<void> add_late(const Event& event, const EventId& id,
                        std::optional<std::uint64_t> version);

  KeyLedger ledger_;
  bool snapshot_;
  bool scans_;
  bool aged_ = false;
  std::uint64_t era_ = 0;
  IdFindings found_;
  std::map<Excuse, std::uint64_t> unproven_;
};

}  // namespace headwater::rethinkdb
