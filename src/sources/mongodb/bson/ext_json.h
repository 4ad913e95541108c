// BSON as Extended JSON, version 2:
// https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
#pragma once

#include <bson/bson.h>

#include <string>

namespace headwater::mongodb {

enum class ExtendedJson {
  relaxed,    ///< Numbers and usual dates as plain JSON: int32, int64 and double look alike.
  canonical,  ///< Every type differs from every other; nothing is lost.
};

/// Appends `document` as one JSON object, without white space, fields in their order. Text that is
/// not UTF-8 becomes {"$text":"<base64>"}, which no driver writes and docs/mongodb.md explains.
/// False if the document is not well-formed BSON; discard what was appended.
[[nodiscard]] bool append_document(std::string& to, const bson_t& document, ExtendedJson form);
/// The value at the iterator.
[[nodiscard]] bool append_value(std::string& to, const bson_iter_t& at, ExtendedJson form);

}  // namespace headwater::mongodb
