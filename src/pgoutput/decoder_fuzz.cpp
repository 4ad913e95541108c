// Whatever a server sends, the decoder reads no byte outside of it.
#include "src/pgoutput/decoder_fuzz.h"

#include <string>

#include "src/pgoutput/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that the address sanitizer sees the first byte too many.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  (void)headwater::pgoutput::decode(bytes);
  return 0;
}
