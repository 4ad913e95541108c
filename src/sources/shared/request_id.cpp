#include "src/sources/shared/request_id.h"

#include <xxhash.h>

#include "src/event/encoding.h"

namespace headwater::sources {

std::string request_id(const Tail& tail) {
  std::string id;
  const std::string bytes = std::to_string(tail.sequence) + ":" + tail.position.token;
  append_hex(id, XXH3_64bits(bytes.data(), bytes.size()));
  return id;
}

}  // namespace headwater::sources
