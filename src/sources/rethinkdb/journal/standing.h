// How a followed table stands: whether its hook, its index and its registration are there.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "src/base/error.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// What `init` wrote into the table `headwater`.
struct Registration {
  std::string relay;    ///< The only one that may follow the table: the journal has one reader.
  std::string journal;  ///< The name of the journal that the hook should keep.
  std::uint64_t released = 0;  ///< How often something was removed from the journal. Only rises.
  /// How many changes and rows the stream had when something was last removed. Only rises.
  std::uint64_t told = 0;
  std::string by{};     ///< Who removed something last: a name of its own.
  std::string index{};  ///< The index's function, as the server has stored it.
  /// What in the table contradicts the stream, until the relay has gone on as its policy says. Empty:
  /// nothing.
  std::string doubt{};
};

struct Standing {
  TableNames names{};
  std::string kept{};  ///< The journal that the hook keeps; empty: there is no such hook.
  bool has_index = false;
  std::string index_function{};  ///< Of whoever made it.
  bool index_ready = false;
  std::optional<Registration> registered{};
  std::uint64_t now_ms = 0;  ///< By the server's clock.
  std::string fresh{};       ///< A name that nobody else has.
};

/// One quick query, for which the right to read and write the table and the table `headwater` is
/// enough. `source.not_prepared` if there is no table `headwater`.
Result<Standing> standing_of(Session& session, const std::stop_token& stop);

/// Whether the index is the one that `init` made.
[[nodiscard]] bool has_sound_index(const Standing& standing);

/// Fails with stop, `source.taken`, if another relay follows the table.
Result<void> check_relay(const Standing& standing, const std::string& relay);

/// Fails unless the relay can go on: `source.not_prepared`, `source.taken` (another relay follows the
/// table), `source.hook_changed`, `source.index_dropped` (or made again by somebody else), all stop;
/// `source.unavailable`, retry, while the index is built.
Result<void> check_standing(const Standing& standing, const std::string& relay);

}  // namespace headwater::rethinkdb
