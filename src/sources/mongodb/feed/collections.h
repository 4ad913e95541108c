// The collections that a relay watches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

struct CollectionName {
  std::string database;
  std::string collection;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero in it for a pointer.
  auto operator<=>(const CollectionName&) const = default;
};

/// The collections that `watch` means and the server has now, in order, after `after`. Views, time
/// series and the server's own are not among them.
Result<std::vector<CollectionName>> list_collections(Connection& connection, const Watch& watch,
                                                     const CollectionName& after);
/// Documents in a collection, by the server's statistics; cheap.
Result<std::uint64_t> estimate_documents(Connection& connection, const CollectionName& name);
/// Whether a collection sorts its _id by rules of its own, which this program does not know.
Result<bool> has_collation(Connection& connection, const CollectionName& name);

/// The documents of an array in a reply.
[[nodiscard]] std::vector<Doc> items_in(const Doc& reply, const char* array);

}  // namespace headwater::mongodb
