// What Headwater remembers in the database: the places of the copies, and their collections.
// docs/formats/copy-places.md specifies it.
#pragma once

#include <string>
#include <vector>

#include "src/ports/target.h"
#include "src/targets/mongodb/client.h"

namespace headwater::target_mongodb {

constexpr const char* places = "headwater_places";
constexpr const char* catalog = "headwater_tables";

/// A field's text; empty without one.
[[nodiscard]] std::string text_in(const Doc& document, const char* field);
/// {"_id": name}
[[nodiscard]] Doc named(const std::string& name);
/// {"copy": name}: the entries of a copy's collections.
[[nodiscard]] Doc of_copy(const std::string& name);

[[nodiscard]] Doc document_of_place(const std::string& copy, const CopyPlace& place);
/// The place in the one document that was found; a new copy's without one.
[[nodiscard]] CopyPlace place_in(const std::vector<Doc>& found);

[[nodiscard]] Doc entry_of(const std::string& collection, const std::string& copy,
                           const CopyTable& table);
[[nodiscard]] CopyTable table_in(const Doc& entry);

/// Fails if a collection of this name belongs to a copy other than `copy`, or has documents that no
/// copy has made.
Result<void> check_free(Client& client, const std::string& collection, const std::string& copy);

}  // namespace headwater::target_mongodb
