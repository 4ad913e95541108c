// Lets the collections of one copy replace those of another. MongoDB renames no collection in a
// transaction, so this is several steps, and a note in the place says that they have begun.
#pragma once

#include <optional>
#include <string>

#include "src/ports/target.h"
#include "src/targets/mongodb/client.h"

namespace headwater::target_mongodb {

constexpr const char* places = "headwater_places";
constexpr const char* tables = "headwater_tables";

/// A field's text; empty without one.
[[nodiscard]] std::string text_in(const Doc& document, const char* field);
/// {"_id": name}
[[nodiscard]] Doc named(const std::string& name);
/// The fields of a place's document.
[[nodiscard]] Doc document_of_place(const std::string& copy, const CopyPlace& place);
[[nodiscard]] CopyPlace place_in(const bson_t* document);

/// Fails if a collection of this name belongs to a copy other than `copy`, or has documents that no
/// copy has made.
Result<void> check_free(Client& client, const std::string& collection, const std::string& copy);

/// Notes in the place of `to`, if that is still at `expected`, that `from` replaces it. No process
/// can move that place until the switch is finished.
Result<void> begin_switch(Client& client, const CopyName& from, const CopyName& to,
                          const CopyPlace& expected);
/// Finishes a switch that is noted in the place of `copy`. Does nothing without a note. Any number
/// of processes may do it.
Result<void> finish_switch(Client& client, const std::string& copy);

}  // namespace headwater::target_mongodb
