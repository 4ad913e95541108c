// The errors that every target can have.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/target.h"

namespace headwater::targets {

/// `table` is a table's name in the database, with the copy's suffix.
[[nodiscard]] Error conflict(const CopyName& copy, const CopyPlace& found);
[[nodiscard]] Error table_not_empty(const std::string& table);
[[nodiscard]] Error table_taken(const std::string& table, const std::string& by);
[[nodiscard]] Error key_differs(const std::string& table, const std::vector<std::string>& has,
                                const std::vector<std::string>& needs);
[[nodiscard]] Error bad_name(const std::string& table, const std::string& why);
/// A table of the catalog (docs/formats/copy-places.md), also where names ignore the case.
[[nodiscard]] bool is_of_catalog(const std::string& table);
[[nodiscard]] Error name_of_catalog(const std::string& table);
[[nodiscard]] Error unreadable_difference(const std::string& table);
/// A document for a table, or a row for a collection that keeps documents.
[[nodiscard]] Error wrong_notation(const std::string& table);

/// "id, region"
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

/// Whether the tables of both come from one database.
[[nodiscard]] inline bool same_origin(const CopyTable& a, const CopyTable& b) {
  return a.source == b.source && a.database == b.database;
}

}  // namespace headwater::targets
