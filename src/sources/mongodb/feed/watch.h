// What a relay watches: a collection, a database or the whole deployment, through a pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {

/// Where relays note who leads (../standby_collection.h).
inline constexpr std::string_view standby_collection = "headwater_standby";
/// Whether a collection of this name, in any database, is the server's or Headwater's own. Those are
/// never published.
[[nodiscard]] inline bool is_internal(std::string_view collection) {
  return collection.starts_with("system.") || collection == standby_collection;
}

struct Watch {
  std::string database;    ///< Empty: the whole deployment.
  std::string collection;  ///< Empty: all of the database.

  [[nodiscard]] bool deployment() const { return database.empty(); }
  [[nodiscard]] bool one_collection() const { return !collection.empty(); }
  /// Whether changes of this collection are among those watched.
  [[nodiscard]] bool covers(std::string_view of_database, std::string_view name) const {
    return (deployment() || of_database == database) &&
           (one_collection() ? name == collection : !is_internal(name));
  }
  /// "shop.orders", "shop" or "*", as configured.
  [[nodiscard]] std::string words() const;
  bool operator==(const Watch&) const = default;
};

/// Whether there may be changes that both see.
[[nodiscard]] inline bool overlap(const Watch& a, const Watch& b) {
  return a.covers(b.database, b.collection) || b.covers(a.database, a.collection);
}

/// "shop.orders" (a collection's name may hold further dots), "shop" or "*". Fails with
/// config.bad_value, also for the server's own databases (admin, local, config).
Result<Watch> parse_watch(std::string_view words);

/// The stages a user adds to the change stream, checked: each is one that a change stream may have,
/// and none can take `_id`, `operationType`, `ns`, `documentKey` or `clusterTime` away or change
/// them, because resuming, identity and order rest on them. Fails with `config.bad_pipeline`, which
/// names the stage and what is wrong with it.
Result<std::vector<Doc>> checked_pipeline(std::vector<Doc> stages);

/// Sixteen hexadecimal digits for everything that decides which changes come out, and so whether a
/// resume token may be used: what is watched, and the stages in canonical Extended JSON.
[[nodiscard]] std::string fingerprint(const Watch& watch, const std::vector<Doc>& pipeline);

}  // namespace headwater::mongodb
