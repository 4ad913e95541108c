// Rows as documents.
#pragma once

#include <optional>
#include <string_view>

#include "src/event/value.h"
#include "src/ports/target.h"
#include "src/sources/mongodb/bson/doc.h"

namespace headwater::target_mongodb {

using mongodb::Doc;

/// {"_id": …} of the operation's row. The only column of a key is the `_id`; several are a document.
/// nullopt: it is not a key.
[[nodiscard]] std::optional<Doc> id_of(const RowOperation& operation);
/// The document of a put, complete with its `_id`; nullopt: it cannot be read.
[[nodiscard]] std::optional<Doc> document_of(const RowOperation& operation);
/// {"$set": …} without the values that are Unchanged; nullopt: it has none, so that the whole
/// document is put.
[[nodiscard]] std::optional<Doc> partial_of(const RowOperation& operation);

/// Numbers up to 34 digits are decimal128, text that is not UTF-8 is binary data of subtype 128.
void append_value(Doc& to, std::string_view name, const Value& value);

}  // namespace headwater::target_mongodb
