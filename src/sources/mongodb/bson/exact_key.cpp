#include "src/sources/mongodb/bson/exact_key.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "src/base/hex.h"
#include "src/event/json_text.h"
#include "src/event/value.h"
#include "src/sources/mongodb/bson/ext_json.h"

namespace headwater::mongodb {
namespace {

void append_oid(std::string& to, const bson_iter_t& at) {
  std::array<char, 25> hex{};
  bson_oid_to_string(bson_iter_oid(&at), hex.data());
  to += hex.data();
}

void append_text(std::string& to, const bson_iter_t& at) {
  std::uint32_t length = 0;
  const char* text = bson_iter_utf8(&at, &length);
  to += text_sign;
  append_percent_encoded(to, {text, length});
}

/// "c2f38d8f-05f7-4825-a0cd-678e835fe343"; false if it is not a UUID.
bool append_uuid(std::string& to, const bson_iter_t& at) {
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::uint32_t length = 0;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&at, &subtype, &length, &data);
  constexpr std::uint32_t uuid_bytes = 16;
  if (subtype != BSON_SUBTYPE_UUID || length != uuid_bytes) return false;
  // std::string_view's bytes are the library's bytes.
  const std::string_view bytes(reinterpret_cast<const char*>(data), length);
  for (std::uint32_t i = 0; i < uuid_bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) to += '-';
    append_hex_bytes(to, bytes.substr(i, 1));
  }
  return true;
}

}  // namespace

void append_key(std::string& to, const bson_iter_t& at) {
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_OID:
      append_oid(to, at);
      return;
    case BSON_TYPE_UTF8:
      append_text(to, at);
      return;
    case BSON_TYPE_BINARY:
      if (append_uuid(to, at)) return;
      break;
    default:
      break;
  }
  std::string json;
  // What cannot be written has been refused with the document.
  (void)append_value(json, at, ExtendedJson::relaxed);
  append_percent_encoded(to, json);
}

}  // namespace headwater::mongodb
