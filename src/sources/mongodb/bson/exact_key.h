// Values as parts of an exact key.
#pragma once

#include <bson/bson.h>

#include <string>

namespace headwater::mongodb {

/// Appends the value as a part of Document::exact_key, percent-encoded: an ObjectId, a UUID or a
/// number as the plain word, text after text_sign, anything else as its relaxed Extended JSON.
void append_key(std::string& to, const bson_iter_t& at);

}  // namespace headwater::mongodb
