// What the stream says of each key, which may be more than memory holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::rethinkdb {

/// The last change of a document that the stream has.
struct KeyState {
  std::uint64_t number = 0;                ///< 0: only a row without a journal.
  std::optional<std::uint64_t> version{};  ///< Nothing: it was too large, and a gap does not say.
  bool removed = false;
  std::uint64_t era = 0;  ///< How many gaps came before, after each of which all starts anew.
};

/// Versions of a document that are not in the stream, and the number of the change after them.
struct Hole {
  std::string exact_key;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t below = 0;
};

/// A document of the database.
struct Met {
  std::uint64_t number = 0;
  bool waits = false;  ///< For later events.
};

/// A document that waits for later events.
struct Held {
  std::int64_t place = 0;  ///< Among those that wait; from 1.
  std::string json{};      ///< As the server wrote it.
};

/// Keeps everything in a temporary SQLite file, which is deleted with it. One thread. Keys are
/// exact_key().
class KeyLedger {
 public:
  static Result<KeyLedger> make();

  /// Returns false if the id is there already.
  Result<bool> add_id(std::string_view id);

  Result<std::optional<KeyState>> find(std::string_view key);
  Result<void> put(std::string_view key, const KeyState& state);

  Result<void> add_hole(const Hole& hole);
  /// The change has come late. Returns false if it is in no hole.
  Result<bool> fill_hole(std::string_view key, std::uint64_t version, std::uint64_t number);
  Result<void> visit_holes(const std::function<void(const Hole&)>& visit);

  /// The database has such a document.
  Result<void> mark_met(std::string_view key, const Met& met);
  Result<std::optional<Met>> met(std::string_view key);
  /// Keys that are in the stream, not removed, and not met.
  using Visit = std::function<void(const std::string& key, const KeyState& state)>;
  Result<void> visit_unmet(const Visit& visit);

  Result<void> hold(std::string_view json);
  /// The next one after that place.
  Result<std::optional<Held>> held_after(std::int64_t place);

 private:
  struct Parts {
    sqlite::Statement add_id, find, put, add_hole, find_hole, drop_hole, holes, mark, met, unmet,
        hold, held;
  };
  KeyLedger(sqlite::Database database, Parts parts);

  std::unique_ptr<sqlite::Database> database_;
  Parts parts_;
};

}  // namespace headwater::rethinkdb
